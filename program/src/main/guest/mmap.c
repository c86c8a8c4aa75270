/*
 * mmap [ROUNDS] [PAGES]: maps PAGES pages, touches each, unmaps them, ROUNDS times. Every touch is
 * a page fault that writes a page-table entry, every unmapping clears them and fences.
 */
#include "guest.h"

int main(int argc, char **argv) {
  long rounds = argument(argc, argv, 1, 150);
  long pages = argument(argc, argv, 2, 256);
  unsigned long sum = 0;
  for (long round = 0; round < rounds; round++) {
    char *memory = map(pages * PAGE);
    for (long page = 0; page < pages; page++) {
      memory[page * PAGE]++;
    }
    for (long page = 0; page < pages; page++) {
      sum += (unsigned char)memory[page * PAGE];
    }
    need(call(SYS_munmap, (long)memory, pages * PAGE, 0, 0), "munmap");
  }
  print_number("mmap: sum of all pages ", sum, "\n");
  return sum != (unsigned long)(rounds * pages);
}
