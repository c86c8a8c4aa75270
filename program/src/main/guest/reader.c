/*
 * reader PATH MIB [OPTION VALUE]...: reads blocks of 4 KiB, one after the other, from the first so
 * many MiB of a file or of a disk.
 *
 *   --order ORDER     which blocks: loop (from the first to the last, again and again; the default),
 *                     random (all alike), or zipf (the block of rank r as often as r to the power of
 *                     minus the skew says; ranks are scattered over the blocks)
 *   --skew PERCENT    of zipf, by default 90: 0.9
 *   --reads N         so many accesses, or
 *   --ms T            no new one after T ms; without both, as many as there are blocks
 *   --writes PERCENT  that part of the accesses writes a new version of the block instead
 *   --fill yes        first writes version 0 of all blocks
 *   --check yes       compares each block that is read with its version; all are 0 at first
 *   --advice ADVICE   what the kernel is told: random (no readahead; the default unless in a loop)
 *                     or normal
 *   --seed N          another sequence, of which the same blocks are the most frequent
 *
 * Version v of block b are 512 little-endian numbers: the first one is the first output of
 * splitmix64 (java.util.SplittableRandom's nextLong) with the seed v << 32 | b, each further one is
 * greater by 0x9e3779b97f4a7c15.
 *
 * About each 100 ms it prints a line "work N", N accesses so far. The exit status is 0 if no block
 * was wrong, 1 if one was, 2 if it could not be done.
 */
#include "guest.h"

#define SYS_fsync 82
#define SYS_fadvise64 223
#define O_READ 0
#define O_READ_WRITE 2
#define ADVICE_NORMAL 0
#define ADVICE_RANDOM 1

#define WORDS (PAGE / 8)
#define BLOCKS_PER_MIB (1024 * 1024 / PAGE)
#define STEP 0x9e3779b97f4a7c15UL
#define WORK_MS 100
#define BETWEEN_LOOKS 64 /* accesses between two looks at the clock */
#define REPORTED 5

enum order { LOOP, RANDOM, ZIPF };

static struct {
  const char *path;
  enum order order;
  long mib, skew, reads, ms, writes, fill, check, advice, seed;
} options = {.skew = 90, .advice = -1};

static long file;
static unsigned long blocks;
static unsigned long *block; /* the content of the one under way */
static unsigned int *versions;
static double *sums; /* of zipf: how often ranks 0 to r are read, all together */
static unsigned long state;
static unsigned long reads, writes, wrong;

/* ---- numbers ---- */

/* The finalizer of splitmix64. */
static unsigned long mixed(unsigned long x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9UL;
  x = (x ^ x >> 27) * 0x94d049bb133111ebUL;
  return x ^ x >> 31;
}

static unsigned long any(void) { return mixed(state += STEP); }

/* From 0 to 1, without 1. */
static double fraction(void) { return (any() >> 11) * 0x1p-53; }

/* (1 - x) to the power of s, for 0 <= x <= 1/2: the binomial series. */
static double power(double x, double s) {
  double sum = 1, term = 1;
  for (int k = 1; term > 1e-18 || term < -1e-18; k++) {
    term *= (k - 1 - s) / k * x;
    sum += term;
  }
  return sum;
}

/* Weight r ^ -s of rank r, from that of the rank before: ((r - 1) / r) ^ s times as much. */
static void prepare_zipf(void) {
  sums = (double *)map(blocks * sizeof *sums);
  double weight = 1;
  sums[0] = 1;
  for (unsigned long i = 1; i < blocks; i++) {
    weight *= power(1.0 / (i + 1), options.skew / 100.0);
    sums[i] = sums[i - 1] + weight;
  }
}

static unsigned long zipf_rank(void) {
  double sought = fraction() * sums[blocks - 1];
  unsigned long low = 0, high = blocks - 1;
  while (low < high) {
    unsigned long middle = (low + high) / 2;
    if (sums[middle] > sought) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/*
 * A permutation of the blocks: multiplying by an odd number and folding the upper half of the bits
 * into the lower are permutations of the numbers of so many bits; what leads out of the blocks is
 * led on until it is in them.
 */
static unsigned long scattered(unsigned long number) {
  int bits = 2;
  while (1UL << bits < blocks) {
    bits++;
  }
  unsigned long mask = (1UL << bits) - 1;
  do {
    number = number * 0xbf58476d1ce4e5b9UL & mask;
    number ^= number >> (bits + 1) / 2;
    number = number * 0x94d049bb133111ebUL & mask;
    number ^= number >> (bits + 1) / 2;
  } while (number >= blocks);
  return number;
}

static unsigned long next(void) {
  switch (options.order) {
  case ZIPF:
    return scattered(zipf_rank());
  case RANDOM:
    return (unsigned long)(fraction() * blocks);
  default:
    return (reads + writes) % blocks;
  }
}

/* ---- blocks ---- */

static void fail(const char *what, long result) {
  print("reader: ");
  print(what);
  print_number(result < 0 ? ": error " : ": only ", result < 0 ? -result : result, "\n");
  leave(2);
}

static unsigned long first_number(unsigned long number) {
  return mixed(((unsigned long)versions[number] << 32 | number) + STEP);
}

static void check_block(unsigned long number) {
  unsigned long expected = first_number(number);
  for (int i = 0; i < WORDS; i++, expected += STEP) {
    if (block[i] != expected) {
      if (wrong++ < REPORTED) {
        print_number("reader: block ", number, ", ");
        print_number("offset ", i * 8, ": ");
        print_number("expected ", expected, ", ");
        print_number("found ", block[i], "\n");
      }
      return;
    }
  }
}

static void read_block(unsigned long number) {
  long count = call(SYS_pread64, file, (long)block, PAGE, number * PAGE);
  if (count != PAGE) {
    fail("a block cannot be read", count);
  }
  if (options.check) {
    check_block(number);
  }
}

static void write_block(unsigned long number) {
  unsigned long word = first_number(number);
  for (int i = 0; i < WORDS; i++, word += STEP) {
    block[i] = word;
  }
  long count = call(SYS_pwrite64, file, (long)block, PAGE, number * PAGE);
  if (count != PAGE) {
    fail("a block cannot be written", count);
  }
}

static void sync(void) {
  long result = call(SYS_fsync, file, 0, 0, 0);
  if (result < 0) {
    fail("what was written is not on the disk", result);
  }
}

static void fill(void) {
  for (unsigned long i = 0; i < blocks; i++) {
    write_block(i);
  }
  sync();
}

static void access_block(void) {
  unsigned long number = next();
  if (options.writes && any() % 100 < (unsigned long)options.writes) {
    versions[number]++;
    write_block(number);
    writes++;
  } else {
    read_block(number);
    reads++;
  }
}

static void work(void) {
  unsigned long most = options.ms ? -1UL : blocks;
  if (options.reads) {
    most = options.reads;
  }
  long started = now_ms(), told = started, now = started;
  while (reads + writes < most && (!options.ms || now - started < options.ms)) {
    access_block();
    if ((reads + writes) % BETWEEN_LOOKS == 0) {
      now = now_ms();
    }
    if (now - told >= WORK_MS) {
      print_number("work ", reads + writes, "\n");
      told = now;
    }
  }
  if (options.writes) {
    sync();
  }
  print_number("work ", reads + writes, "\n");
  print_number("reader: reads ", reads, ", ");
  print_number("writes ", writes, ", ");
  print_number("wrong ", wrong, " blocks, ");
  print_number("", now_ms() - started, " ms\n");
}

/* ---- the command line ---- */

static void usage(void) {
  print("usage: reader PATH MIB [--order loop|random|zipf] [--skew PERCENT] [--reads N] [--ms T]"
        " [--writes PERCENT] [--fill yes|no] [--check yes|no] [--advice random|normal] [--seed N]\n");
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

/* The place of a word in a list of up to three. */
static long one_of(const char *word, const char *first, const char *second, const char *third) {
  if (equal(word, first)) {
    return 0;
  }
  if (equal(word, second)) {
    return 1;
  }
  if (!third || !equal(word, third)) {
    usage();
  }
  return 2;
}

static void parse(int argc, char **argv) {
  if (argc < 3 || argc % 2 == 0) {
    usage();
  }
  options.path = argv[1];
  options.mib = decimal(argv[2]);
  for (int i = 3; i < argc; i += 2) {
    const char *name = argv[i], *value = argv[i + 1];
    if (equal(name, "--order")) {
      options.order = one_of(value, "loop", "random", "zipf");
    } else if (equal(name, "--skew")) {
      options.skew = decimal(value);
    } else if (equal(name, "--reads")) {
      options.reads = decimal(value);
    } else if (equal(name, "--ms")) {
      options.ms = decimal(value);
    } else if (equal(name, "--writes")) {
      options.writes = decimal(value);
    } else if (equal(name, "--fill")) {
      options.fill = one_of(value, "no", "yes", 0);
    } else if (equal(name, "--check")) {
      options.check = one_of(value, "no", "yes", 0);
    } else if (equal(name, "--advice")) {
      options.advice = one_of(value, "normal", "random", 0);
    } else if (equal(name, "--seed")) {
      options.seed = decimal(value);
    } else {
      usage();
    }
  }
  if (!options.mib || options.mib > 1 << 20 || options.skew > 1000 || options.writes > 100) {
    usage();
  }
  if (options.advice < 0) {
    options.advice = options.order == LOOP ? ADVICE_NORMAL : ADVICE_RANDOM;
  }
}

int main(int argc, char **argv) {
  parse(argc, argv);
  long mode = options.fill || options.writes ? O_READ_WRITE : O_READ;
  file = call(SYS_openat, AT_FDCWD, (long)options.path, mode, 0);
  if (file < 0) {
    fail(options.path, file);
  }
  call(SYS_fadvise64, file, 0, 0, options.advice);
  blocks = (unsigned long)options.mib * BLOCKS_PER_MIB;
  block = (unsigned long *)map(PAGE);
  versions = (unsigned int *)map(blocks * sizeof *versions);
  state = mixed(options.seed);
  if (options.order == ZIPF) {
    prepare_zipf();
  }
  if (options.fill) {
    fill();
  }
  work();
  return wrong != 0;
}
