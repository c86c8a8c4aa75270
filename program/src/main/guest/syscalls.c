/*
 * syscalls [CALLS]: the cheapest system call, CALLS times. Nothing of it concerns memory: what a
 * paging method costs here, it costs everywhere.
 */
#include "guest.h"

int main(int argc, char **argv) {
  long calls = argument(argc, argv, 1, 500000);
  long first = call(SYS_getppid, 0, 0, 0, 0);
  long same = 0;
  for (long i = 0; i < calls; i++) {
    same += call(SYS_getppid, 0, 0, 0, 0) == first;
  }
  print_number("syscalls: the same answer ", same, " times\n");
  return same != calls;
}
