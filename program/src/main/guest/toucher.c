/*
 * toucher MIB [OPTION VALUE]...: touches pages of its memory, loop after loop: one word of each is
 * read and written. How much of the memory it touches changes in steps.
 *
 *   --active LIST   what each step touches, the first so many MiB, such as 40,160,80; without it
 *                   one step touches all
 *   --loops N       so many loops in each step, or
 *   --ms T          in each step no new loop after T ms; without both the first step never ends
 *   --times N       goes through the list N times
 *   --order ORDER   in which order a loop takes the pages: random (each loop another; the default)
 *                   or sequential
 *   --pause T       sleeps for T ms after each loop
 *
 * Before the first step all pages are touched once. Each page counts its touches; the exit status
 * is 0 if the sum of these counters is right in the end, 1 if it is not, 2 if the command line is
 * not.
 */
#include "guest.h"

#define PAGES_PER_MIB (1024 * 1024 / PAGE)
#define MOST_STEPS 64

static struct {
  long mib, loops, ms, times, pause, sequential;
  long active[MOST_STEPS], steps; /* MiB */
} options = {.times = 1};

static char *memory;
static long started;
static long loops;
static unsigned long touches;

static void usage(void) {
  print("usage: toucher MIB [--active MIB,MIB,...] [--loops N] [--ms T] [--times N]"
        " [--order random|sequential] [--pause T]\n");
  leave(2);
}

/* Another word in each page, or all would share one set of a cache. */
static unsigned long *word_of(long page) {
  return (unsigned long *)(memory + page * PAGE + page % 64 * 64);
}

static void touch(long page) {
  *(volatile unsigned long *)word_of(page) += 1;
  touches++;
}

/* ---- a loop ---- */

static void in_order(long pages) {
  for (long page = 0; page < pages; page++) {
    touch(page);
  }
}

/*
 * Each page once, in an order that depends on the number of the loop: multiplying by an odd number
 * and folding the upper half of the bits into the lower are permutations of the numbers of so many
 * bits; those that are no page are left out.
 */
static void at_random(long pages) {
  int bits = 2;
  while (1L << bits < pages) {
    bits++;
  }
  unsigned long mask = (1UL << bits) - 1;
  for (unsigned long i = 0; i <= mask; i++) {
    unsigned long page = (i + loops * 0x9e3779b97f4a7c15UL) & mask;
    page = page * 0xbf58476d1ce4e5b9UL & mask;
    page ^= page >> (bits + 1) / 2;
    page = page * 0x94d049bb133111ebUL & mask;
    page ^= page >> (bits + 1) / 2;
    if (page < (unsigned long)pages) {
      touch((long)page);
    }
  }
}

/* ---- the steps ---- */

static void report(const char *what, long mib, long loops, unsigned long touches) {
  print_number("toucher: ", now_ms() - started, " ms, ");
  print(what);
  print_number(" ", mib, " MiB, ");
  print_number("loops ", loops, ", ");
  print_number("touches ", touches, "\n");
}

static int over(long done, long since) {
  return options.loops ? done >= options.loops : options.ms && now_ms() - since >= options.ms;
}

static void step(long mib) {
  long since = now_ms(), first = loops;
  unsigned long before = touches;
  do {
    if (options.sequential) {
      in_order(mib * PAGES_PER_MIB);
    } else {
      at_random(mib * PAGES_PER_MIB);
    }
    loops++;
    if (options.pause) {
      sleep_ms(options.pause);
    }
  } while (!over(loops - first, since));
  report("touched", mib, loops - first, touches - before);
}

/* ---- the command line ---- */

/* Reads a number, and returns where it ends. */
static const char *decimal(const char *p, long *value) {
  *value = 0;
  if (*p < '0' || *p > '9') {
    usage();
  }
  while (*p >= '0' && *p <= '9' && *value < 1L << 40) {
    *value = *value * 10 + *p++ - '0';
  }
  return p;
}

static long whole(const char *p) {
  long value;
  if (*decimal(p, &value)) {
    usage();
  }
  return value;
}

static void parse_active(const char *p) {
  for (options.steps = 0; options.steps < MOST_STEPS; p++) {
    p = decimal(p, &options.active[options.steps++]);
    if (*p != ',') {
      break;
    }
  }
  if (*p) {
    usage();
  }
}

static void parse(int argc, char **argv) {
  if (argc < 2 || argc % 2) {
    usage();
  }
  options.mib = whole(argv[1]);
  options.active[0] = options.mib;
  options.steps = 1;
  for (int i = 2; i < argc; i += 2) {
    const char *name = argv[i], *value = argv[i + 1];
    if (equal(name, "--active")) {
      parse_active(value);
    } else if (equal(name, "--loops")) {
      options.loops = whole(value);
    } else if (equal(name, "--ms")) {
      options.ms = whole(value);
    } else if (equal(name, "--times")) {
      options.times = whole(value);
    } else if (equal(name, "--pause")) {
      options.pause = whole(value);
    } else if (equal(name, "--order") && (equal(value, "random") || equal(value, "sequential"))) {
      options.sequential = equal(value, "sequential");
    } else {
      usage();
    }
  }
  if (!options.mib || options.mib > 1 << 20) {
    usage();
  }
  for (int i = 0; i < options.steps; i++) {
    if (!options.active[i] || options.active[i] > options.mib) {
      usage();
    }
  }
}

int main(int argc, char **argv) {
  parse(argc, argv);
  long pages = options.mib * PAGES_PER_MIB;
  started = now_ms();
  memory = map(pages * PAGE);
  in_order(pages);
  report("filled", options.mib, 1, touches);
  for (long time = 0; time < options.times; time++) {
    for (int i = 0; i < options.steps; i++) {
      step(options.active[i]);
    }
  }
  unsigned long counted = 0;
  for (long page = 0; page < pages; page++) {
    counted += *word_of(page);
  }
  report(counted == touches ? "right, all of" : "wrong, all of", options.mib, loops, counted);
  return counted != touches;
}
