/*
 * chase [MEBIBYTES] [STEPS]: follows a random cycle of pointers, one in each page. With more pages
 * than the TLB has entries nearly every step is a page walk, and nothing changes a page table.
 */
#include "guest.h"

static unsigned long random_state = 88172645463325252UL;

static unsigned long next_random(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}

/* The word of a page that is used: not the same in all, or they would share one set of a cache. */
static unsigned long *word_of(char *memory, long page) {
  return (unsigned long *)(memory + page * PAGE + page % 64 * 64);
}

int main(int argc, char **argv) {
  long pages = argument(argc, argv, 1, 48) * (1024 * 1024 / PAGE);
  long steps = argument(argc, argv, 2, 20000000);
  if (pages == 0) {
    print("chase: at least 1 MiB is needed\n");
    return 1;
  }
  char *memory = map(pages * PAGE);
  for (long page = 0; page < pages; page++) {
    *word_of(memory, page) = page;
  }
  /* Sattolo's shuffle makes a permutation of one cycle. */
  for (long page = pages - 1; page > 0; page--) {
    unsigned long *here = word_of(memory, page);
    unsigned long *there = word_of(memory, (long)(next_random() % (unsigned long)page));
    unsigned long kept = *here;
    *here = *there;
    *there = kept;
  }
  for (long page = 0; page < pages; page++) {
    unsigned long *word = word_of(memory, page);
    *word = (unsigned long)word_of(memory, (long)*word);
  }
  unsigned long *start = word_of(memory, 0);
  unsigned long *at = start;
  unsigned long returns = 0;
  for (long step = 0; step < steps; step++) {
    at = (unsigned long *)*at;
    returns += at == start;
  }
  print_number("chase: times around the cycle ", returns, "\n");
  return returns != (unsigned long)(steps / pages);
}
