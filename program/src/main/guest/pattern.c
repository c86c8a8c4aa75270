/*
 * pattern MIB [OPTION VALUE]...: fills memory with numbers, and in each pass verifies every page and
 * fills it with the numbers of the next pass. They depend on page, pass and seed, so that a page
 * that is lost, stale, another's or changed is noticed. When the last pass is over, all is verified
 * once more. SIGTERM ends it after the page under way.
 *
 *   --passes N      so many passes
 *   --ms T          no new pass after T ms; without --passes and --ms only SIGTERM ends it
 *   --seed N        different seeds give different numbers
 *   --alike N       of each 2 N pages the first N have the same numbers, whatever the seed
 *   --pause T       sleep for T ms after each pass
 *   --touch PERCENT that part of the pages takes part in the passes, the others are only filled,
 *                   and verified at the end
 *   --fast T        no new pass after one over all the memory that took at most T ms
 *   --grow T        take the memory step by step in the first T ms; these passes do not count
 *   --file PATH     a file instead of memory, removed at the end
 *   --status PATH   a file of one line, rewritten after each pass
 *
 * The exit status is 0 if all was right, 1 if something was wrong, 2 if it could not be done.
 */
#include "guest.h"

#define WORDS (PAGE / 8)
#define PAGES_PER_MIB (1024 * 1024 / PAGE)
#define STEP 0x9e3779b97f4a7c15UL
#define REPORTED 5

static struct {
  long mib, passes, ms, seed, alike, pause, touch, grow, fast;
  const char *file, *status;
} options = {.touch = 100, .fast = -1};

static volatile int stopped; /* SIGTERM has come */
static char *memory;         /* all pages, or with --file the one under way */
static long file = -1;
static long status = -1;
static long started;
static int was_fast; /* the last pass was as fast as --fast wants it */

static long present; /* pages that have been filled, in order */
static long version; /* the pass whose numbers they have, if they take part in the passes */
static long passes;
static unsigned long verified; /* bytes */
static unsigned long wrong;    /* bytes */
static long reported;          /* words */

/* ---- text: a line is put together, then written at once ---- */

static char line[256];
static long end;

static void text(const char *p) {
  while (*p && end < (long)sizeof line) {
    line[end++] = *p++;
  }
}

static void number(const char *before, unsigned long value, unsigned base, const char *after) {
  char digits[21];
  int at = sizeof digits - 1;
  digits[at] = 0;
  do {
    digits[--at] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value);
  text(before);
  text(digits + at);
  text(after);
}

static void write_line(void) {
  call(SYS_write, 1, (long)line, end, 0);
  end = 0;
}

static long elapsed(void) { return now_ms() - started; }

/* ---- pages ---- */

/* The result of a system call is not what it should be. */
static void fail(const char *what, long result) {
  text("pattern: ");
  text(what);
  number(result < 0 ? ": error " : ": only ", result < 0 ? -result : result, 10, "\n");
  write_line();
  if (file >= 0) {
    call(SYS_unlinkat, AT_FDCWD, (long)options.file, 0, 0);
  }
  leave(2);
}

/* The words of a page; with --file they are read. */
static unsigned long *words_of(long page, int read) {
  if (file < 0) {
    return (unsigned long *)(memory + page * PAGE);
  }
  if (read) {
    long count = call(SYS_pread64, file, (long)memory, PAGE, page * PAGE);
    if (count != PAGE) {
      fail("the file cannot be read", count);
    }
  }
  return (unsigned long *)memory;
}

static void written(long page) {
  if (file >= 0) {
    long count = call(SYS_pwrite64, file, (long)memory, PAGE, page * PAGE);
    if (count != PAGE) {
      fail("the file cannot be written", count);
    }
  }
}

static int takes_part(long page) { return page * options.touch % 100 < options.touch; }

/* The first number of a page (the finalizer of splitmix64, which is a bijection). */
static unsigned long first_number(long page, long pass) {
  unsigned long x = options.seed * 0xd1342543de82ef95UL;
  if (options.alike && page / options.alike % 2 == 0) {
    x = 0;
    page -= page % options.alike;
  }
  x += pass * 0xaf251af3b0f025b5UL + page * STEP;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9UL;
  x = (x ^ x >> 27) * 0x94d049bb133111ebUL;
  return x ^ x >> 31;
}

/* A number stands in four words: verified and filled, a page costs 2,500 instructions, not 3,300. */
static void fill(unsigned long *words, unsigned long number) {
  for (unsigned long *last = words + WORDS; words < last; words += 16) {
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
      words[i] = number;
      number += i % 4 == 3 ? STEP : 0;
    }
  }
}

/* Not 0 if anything is different. */
static unsigned long differences(const unsigned long *words, unsigned long number) {
  unsigned long found = 0;
  for (const unsigned long *last = words + WORDS; words < last; words += 16) {
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
      found |= words[i] ^ number;
      number += i % 4 == 3 ? STEP : 0;
    }
  }
  return found;
}

static void report(long page, const unsigned long *words, unsigned long expected) {
  for (long i = 0; i < WORDS; i++) {
    if (words[i] != expected && reported++ < REPORTED) {
      number("pattern: page ", page, 10, ", ");
      number("offset ", i * 8, 10, ": ");
      number("expected 0x", expected, 16, ", ");
      number("found 0x", words[i], 16, "\n");
      write_line();
    }
    for (unsigned long bits = words[i] ^ expected; bits; bits >>= 8) {
      wrong += (bits & 255) != 0;
    }
    expected += i % 4 == 3 ? STEP : 0;
  }
}

static unsigned long *verify(long page) {
  unsigned long *words = words_of(page, 1);
  unsigned long expected = first_number(page, takes_part(page) ? version : 0);
  if (differences(words, expected)) {
    report(page, words, expected);
  }
  verified += PAGE;
  return words;
}

/* ---- passes ---- */

/* Fills what is due by now, which after --grow is all. */
static void grow(long pages) {
  long due = pages;
  if (elapsed() < options.grow) {
    due = pages * elapsed() / options.grow;
    due = due < PAGES_PER_MIB ? PAGES_PER_MIB : due;
  }
  for (; present < due && !stopped; present++) {
    fill(words_of(present, 0), first_number(present, takes_part(present) ? version : 0));
    written(present);
  }
}

static void pass(void) {
  for (long page = 0; page < present && !stopped; page++) {
    if (takes_part(page)) {
      fill(verify(page), first_number(page, version + 1));
      written(page);
    }
  }
  version++;
}

static void summary(const char *name) {
  text(name);
  number("passes ", passes, 10, ", ");
  number("verified ", verified, 10, " bytes, ");
  number("wrong ", wrong, 10, " bytes, ");
  number("", elapsed(), 10, " ms\n");
}

/* Its numbers only grow, so that a new line covers the old one. */
static void tell_status(void) {
  if (status >= 0) {
    summary("");
    call(SYS_pwrite64, status, (long)line, end, 0);
    end = 0;
  }
}

static int over(void) {
  return stopped || was_fast || (options.passes && passes >= options.passes) ||
         (options.ms && elapsed() >= options.ms);
}

static void work(long pages) {
  grow(pages);
  while (!over()) {
    long before = now_ms();
    pass();
    was_fast = present == pages && now_ms() - before <= options.fast;
    passes += present == pages && !stopped;
    tell_status();
    if (options.pause && !stopped) {
      sleep_ms(options.pause);
    }
    grow(pages);
  }
  for (long page = 0; page < present && !stopped; page++) {
    verify(page);
  }
}

/* ---- the command line ---- */

static void usage(void) {
  text("usage: pattern MIB [--passes N] [--ms T] [--seed N] [--alike N] [--pause T]"
       " [--touch PERCENT] [--fast T] [--grow T] [--file PATH] [--status PATH]\n");
  write_line();
  leave(2);
}

static long decimal(const char *p) {
  long value = 0;
  if (!*p) {
    usage();
  }
  for (; *p; p++) {
    if (*p < '0' || *p > '9' || value > 1L << 40) {
      usage();
    }
    value = value * 10 + *p - '0';
  }
  return value;
}

static void parse(int argc, char **argv) {
  if (argc < 2 || argc % 2) {
    usage();
  }
  options.mib = decimal(argv[1]);
  for (int i = 2; i < argc; i += 2) {
    const char *name = argv[i], *value = argv[i + 1];
    if (equal(name, "--file")) {
      options.file = value;
    } else if (equal(name, "--status")) {
      options.status = value;
    } else if (equal(name, "--passes")) {
      options.passes = decimal(value);
    } else if (equal(name, "--ms")) {
      options.ms = decimal(value);
    } else if (equal(name, "--seed")) {
      options.seed = decimal(value);
    } else if (equal(name, "--alike")) {
      options.alike = decimal(value);
    } else if (equal(name, "--pause")) {
      options.pause = decimal(value);
    } else if (equal(name, "--touch")) {
      options.touch = decimal(value);
    } else if (equal(name, "--fast")) {
      options.fast = decimal(value);
    } else if (equal(name, "--grow")) {
      options.grow = decimal(value);
    } else {
      usage();
    }
  }
  if (!options.mib || options.mib > 1 << 20 || !options.touch || options.touch > 100) {
    usage();
  }
}

static void on_signal(int signal) { stopped = signal; }

static void catch_termination(void) {
  unsigned long action[3] = {(unsigned long)on_signal, 0, 0}; /* handler, flags, mask */
  need(call(SYS_rt_sigaction, SIGTERM, (long)action, 0, 8), "sigaction");
}

static long open_new(const char *path) {
  long result = call(SYS_openat, AT_FDCWD, (long)path, O_READ_WRITE_NEW, 0644);
  if (result < 0) {
    fail(path, result);
  }
  return result;
}

int main(int argc, char **argv) {
  parse(argc, argv);
  catch_termination();
  started = now_ms();
  long pages = options.mib * PAGES_PER_MIB;
  if (options.status) {
    status = open_new(options.status);
  }
  if (options.file) {
    file = open_new(options.file);
  }
  long bytes = options.file ? PAGE : pages * PAGE;
  long taken = call6(SYS_mmap, 0, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
  if (taken < 0) {
    fail("the memory is not to be had", taken);
  }
  memory = (char *)taken;
  work(pages);
  tell_status();
  if (options.file) {
    call(SYS_unlinkat, AT_FDCWD, (long)options.file, 0, 0);
  }
  summary("pattern: ");
  write_line();
  return wrong != 0;
}
