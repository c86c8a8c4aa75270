/*
 * forkexec [CHILDREN] [PAGES]: a parent with PAGES touched pages forks children that execute this
 * program anew and end. Each fork copies a page table, each exec builds one, each exit drops one.
 */
#include "guest.h"

static char self[] = "/proc/self/exe";
static char child[] = "child";

int main(int argc, char **argv) {
  if (argc == 2 && argv[1][0] == 'c') {
    return 7;
  }
  long children = argument(argc, argv, 1, 250);
  long pages = argument(argc, argv, 2, 512);
  char *memory = map(pages * PAGE);
  long sum = 0;
  for (long i = 0; i < children; i++) {
    for (long page = 0; page < pages; page++) {
      memory[page * PAGE] = (char)i;
    }
    long id = fork();
    if (id == 0) {
      char *arguments[] = {self, child, 0};
      call(SYS_execve, (long)self, (long)arguments, (long)(arguments + 2), 0);
      leave(1);
    }
    sum += wait_for(id);
  }
  print_number("forkexec: sum of the children's statuses ", sum, "\n");
  return sum != 7 * children;
}
