/* Another program in place of this one: itself again, under other arguments, directly and by a script. The argument is a folder to write in. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECK(what) printf("%s: %s\n", #what, (what) ? "yes" : "NO")

static int big[100000] = {1};
static void handler(int n) { (void)n; }

static void write_file(const char *name, const char *text) {
  unlink(name);
  int file = open(name, O_CREAT | O_EXCL | O_WRONLY, 0755);
  if (write(file, text, strlen(text)) < 0) abort();
  close(file);
}

int main(int count, char **arguments, char **environment) {
  char self[256];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  self[length] = 0;
  struct sigaction now;
  if (count == 2) {
    CHECK(chdir(arguments[1]) == 0);
    char *next[] = {"second", "two words", "", NULL};
    char *env[] = {"A=1", "B=", NULL};
    errno = 0;
    CHECK(execve("none", next, env) == -1 && errno == ENOENT);
    write_file("text", "neither program nor script");
    errno = 0;
    CHECK(execve("text", next, env) == -1 && errno == ENOEXEC);
    chmod("text", 0644);
    errno = 0;
    CHECK(execve("./text", next, env) == -1 && errno == EACCES);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, handler);
    CHECK(open("kept", O_CREAT | O_RDWR, 0600) == 3);
    CHECK(open("closed", O_CREAT | O_RDWR | O_CLOEXEC, 0600) == 4);
    big[50000] = 7;
    fflush(stdout);
    execve(self, next, env);
  } else if (strcmp(arguments[0], "second") == 0) {
    CHECK(count == 3 && strcmp(arguments[1], "two words") == 0 && arguments[2][0] == 0);
    CHECK(strcmp(environment[0], "A=1") == 0 && strcmp(getenv("B"), "") == 0 && environment[2] == NULL);
    CHECK(big[0] == 1 && big[50000] == 0);
    CHECK(fcntl(3, F_GETFD) == 0);
    CHECK(fcntl(4, F_GETFD) == -1);
    sigaction(SIGUSR1, NULL, &now);
    CHECK(now.sa_handler == SIG_IGN);
    sigaction(SIGUSR2, NULL, &now);
    CHECK(now.sa_handler == SIG_DFL);
    char line[512];
    snprintf(line, sizeof line, "#! %s one argument \necho ignored\n", self);
    write_file("script", line);
    fflush(stdout);
    char *next[] = {"anything", "last", NULL};
    execve("./script", next, environment);
  } else {
    CHECK(count == 4 && strcmp(arguments[0], self) == 0 && strcmp(arguments[1], "one argument") == 0);
    CHECK(strcmp(arguments[2], "./script") == 0 && strcmp(arguments[3], "last") == 0);
    fflush(stdout);
    return 17;
  }
  printf("execve: %s\n", strerror(errno));
  return 1;
}
