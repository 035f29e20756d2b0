# What bash can do without another process: no command substitution, no pipelines, no external commands.
shopt -s extglob
set -u

# --- variables and expansions
name=isagen path=/usr/share/doc/isagen/README.md.gz
echo "${name} ${#name} ${name^} ${name^^} ${name:2} ${name:1:3} ${name: -2}"
echo "${path##*/} ${path%/*} ${path%%.*} ${path#*/} ${path/doc/DOC} ${path//\//:}"
echo "${unset_one:-default} ${unset_two:=assigned} ${unset_two} ${name:+set}"
echo "${name/#isa/ISA} ${name/%gen/GEN} ${name@Q} ${name@U}"
quoted='it'\''s "quoted" \ here'
printf '%s|%q\n' "$quoted" "$quoted"
indirect=name
echo "${!indirect}"
declare -n reference=name
reference+=-more
echo "$name $reference"
unset -n reference
name=isagen
echo {a,b,c}{1..3} {10..1..3} {x..z}

# --- arithmetic
echo $((7 / 2)) $((-7 / 2)) $((7 % 3)) $((-7 % 3)) $((2 ** 40)) $((0xff)) $((8#17)) $((2#1011))
echo $((1 << 62)) $((-1 >> 1)) $((5 & 3)) $((5 | 3)) $((5 ^ 3)) $((~5)) $((!0)) $((3 > 2 ? 10 : 20))
i=5
echo $((i++ + ++i)) $i $((i += 3, i * 2)) $i
((i > 5)) && echo "greater"
let 'j = i * i' 'k = j - 1'
echo "$j $k"
echo $((9223372036854775807 + 1))

# --- arrays
list=(one two three 'four five')
list+=(six)
list[10]=eleven
echo "${#list[@]} ${!list[@]} ${list[3]} ${list[-1]} ${list[@]:1:2}"
unset 'list[1]'
printf '<%s>' "${list[@]}"
echo
declare -A colour=([sky]=blue [grass]=green [sun]='bright yellow')
colour[night]=black
for key in sky grass sun night; do printf '%s=%s;' "$key" "${colour[$key]}"; done
echo " ${#colour[@]}"
[[ -v colour[sky] ]] && echo 'sky is there'
unset 'colour[sky]'
[[ -v colour[sky] ]] || echo 'sky is gone'
mapfile -t lines <<'END'
first line
	second, with a tab
third
END
echo "${#lines[@]} [${lines[1]}] [${lines[2]}]"
IFS=, read -r a b c <<<'x,y,z and more'
echo "$a $b $c"
IFS=: read -ra parts <<<'usr:bin:sbin'
echo "${parts[*]} ${#parts[@]}"
joined() {
  local IFS=$1
  shift
  echo "$*"
}
joined - a b c d

# --- tests and patterns
for word in apple banana cherry 12345 x1 '' 'two words' FOO; do
  case $word in
    [0-9]*) kind=number ;;
    *' '*) kind=words ;;
    +([A-Z])) kind=capitals ;;
    @(apple|cherry)) kind=fruit ;;
    ?([a-z])[0-9]) kind=variable ;;
    '') kind=empty ;;
    *) kind=other ;;
  esac
  echo "'$word' is $kind"
done
if [[ 'key = value # comment' =~ ^([a-z]+)\ *=\ *([a-z]+)\ *(#.*)?$ ]]; then
  echo "${BASH_REMATCH[1]}:${BASH_REMATCH[2]}:${BASH_REMATCH[3]}"
fi
[[ abc < abd && ! abc == a*d && abc == a?c ]] && echo ordered
[ 10 -gt 9 -a "x" = "x" ] && echo 'old test'
[[ -d / && ! -e /does/not/exist && -r $0 ]] && echo 'files tested'

# --- loops and functions
total=0
for ((n = 1; n <= 100; n++)); do
  ((n % 15 == 0)) && { ((total += n)); continue; }
  ((n == 98)) && break
done
echo "total $total n $n"
until ((n <= 90)); do ((n -= 3)); done
echo "n $n"
factorial() {
  local n=$1
  if ((n <= 1)); then
    result=1
  else
    factorial $((n - 1))
    ((result *= n))
  fi
}
factorial 20
echo "20! = $result"
fibonacci() {
  local x=0 y=1 t
  for ((t = 0; t < $1; t++)); do
    ((y = x + y, x = y - x))
  done
  result=$x
}
fibonacci 90
echo "fib 90 = $result"
sieve() {
  local -a composite=()
  local limit=$1 p q
  primes=()
  for ((p = 2; p <= limit; p++)); do
    [[ ${composite[p]-} ]] && continue
    primes+=("$p")
    for ((q = p * p; q <= limit; q += p)); do composite[q]=1; done
  done
}
sieve 600
echo "${#primes[@]} primes, the last ${primes[-1]}"
sort_numbers() {
  local -n numbers=$1
  local i j t
  for ((i = 0; i < ${#numbers[@]}; i++)); do
    for ((j = i + 1; j < ${#numbers[@]}; j++)); do
      if ((numbers[j] < numbers[i])); then
        t=${numbers[i]} numbers[i]=${numbers[j]} numbers[j]=$t
      fi
    done
  done
}
seed=12345 values=()
for ((n = 0; n < 60; n++)); do
  ((seed = (seed * 1103515245 + 12345) % 2147483648))
  values+=($((seed % 1000)))
done
sort_numbers values
echo "${values[*]}"
outer() { inner "$@"; }
inner() { echo "${FUNCNAME[*]} $# $*"; return 3; }
outer x 'y z'
echo "status $?"
reverse() {
  local text=$1 out= i
  for ((i = ${#text} - 1; i >= 0; i--)); do out+=${text:i:1}; done
  REPLY=$out
}
reverse 'a man a plan'
echo "$REPLY"

# --- printf
printf '%d %5d|%-5d|%05d %x %X %o %#x\n' 42 42 42 42 255 255 8 255
printf '%s %10s|%-10s|%.2s %c %b\n' text right left cut char 'tab\there'
printf '%.3f %e %g %8.2f|\n' 3.14159 31415.9 0.0001 2.5
printf -v stored '%03d-%s' 7 seven
echo "$stored"
printf '%(%Y-%m-%d %H:%M)T\n' 1700000000
printf '%s,' a b c
echo

# --- files, descriptors, traps
work=$1
exec 3>"$work/out"
for n in 1 2 3; do echo "line $n" >&3; done
exec 3>&-
echo 'appended' >>"$work/out"
count=0
while IFS= read -r line; do
  ((count++))
  echo "$count: $line"
done <"$work/out"
exec 4<"$work/out"
read -r -u 4 first
read -r -N 4 -u 4 four
exec 4<&-
echo "$first|$four"
{ echo 'to standard error' >&2; } 2>>"$work/errors"
read -r line <"$work/errors"
echo "$line"
cd "$work" || exit 9
names=(*)
echo "${names[*]} ${PWD##*/}"
files=(o*)
echo "${files[0]}"
trap 'echo "caught USR1"' USR1
kill -USR1 $$
trap 'echo "leaving with $?"' EXIT
trap 'echo "error in line"' ERR
false
trap - ERR
set -- alpha beta gamma
shift
echo "$# $1 ${*: -1}"
while getopts ':ab:c' option -a -b value -z; do echo "option $option ${OPTARG-}"; done
eval 'made="by eval"'
echo "$made"
type -t echo while joined
exit 6
