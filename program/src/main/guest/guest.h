/*
 * All that the guest programs have instead of a C library: Linux's system calls on riscv64 (number
 * in a7, arguments from a0 on, a negative result is an error), the way from the kernel's entry to
 * main, and a little text.
 */
#define SYS_unlinkat 35
#define SYS_openat 56
#define SYS_close 57
#define SYS_pipe2 59
#define SYS_read 63
#define SYS_write 64
#define SYS_pread64 67
#define SYS_pwrite64 68
#define SYS_exit_group 94
#define SYS_nanosleep 101
#define SYS_clock_gettime 113
#define SYS_rt_sigaction 134
#define SYS_getppid 173
#define SYS_munmap 215
#define SYS_clone 220
#define SYS_execve 221
#define SYS_mmap 222
#define SYS_wait4 260

#define AT_FDCWD (-100)
#define O_READ_WRITE_NEW 01102
#define CLOCK_MONOTONIC 1
#define SIGTERM 15
#define SIGCHLD 17
#define PROT_READ_WRITE 3
#define MAP_PRIVATE_ANONYMOUS 0x22
#define PAGE 4096

int main(int argc, char **argv);

static long call6(long number, long a, long b, long c, long d, long e, long f) {
  register long a7 asm("a7") = number;
  register long a0 asm("a0") = a;
  register long a1 asm("a1") = b;
  register long a2 asm("a2") = c;
  register long a3 asm("a3") = d;
  register long a4 asm("a4") = e;
  register long a5 asm("a5") = f;
  asm volatile("ecall"
               : "+r"(a0)
               : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
               : "memory");
  return a0;
}

static inline long call(long number, long a, long b, long c, long d) {
  return call6(number, a, b, c, d, 0, 0);
}

static inline void print(const char *text) {
  long length = 0;
  while (text[length]) {
    length++;
  }
  call(SYS_write, 1, (long)text, length, 0);
}

static inline void print_number(const char *before, unsigned long value, const char *after) {
  char digits[21];
  int at = sizeof digits - 1;
  digits[at] = 0;
  do {
    digits[--at] = '0' + value % 10;
    value /= 10;
  } while (value);
  print(before);
  print(digits + at);
  print(after);
}

static inline void leave(int status) {
  for (;;) {
    call(SYS_exit_group, status, 0, 0, 0);
  }
}

/* Ends the program if a system call failed; otherwise its result. */
static inline long need(long result, const char *what) {
  if (result < 0) {
    print(what);
    print_number(": error ", -result, "\n");
    leave(1);
  }
  return result;
}

static inline int equal(const char *a, const char *b) {
  while (*a && *a == *b) {
    a++;
    b++;
  }
  return *a == *b;
}

static inline long now_ms(void) {
  long time[2];
  call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)time, 0, 0);
  return time[0] * 1000 + time[1] / 1000000;
}

static inline void sleep_ms(long ms) {
  long time[2] = {ms / 1000, ms % 1000 * 1000000};
  call(SYS_nanosleep, (long)time, 0, 0, 0);
}

/* Argument number `index` as a decimal number, or `otherwise` if there is none. */
static inline long argument(int argc, char **argv, int index, long otherwise) {
  if (index >= argc) {
    return otherwise;
  }
  long value = 0;
  for (const char *p = argv[index]; *p >= '0' && *p <= '9'; p++) {
    value = value * 10 + *p - '0';
  }
  return value;
}

/* Fresh memory, of whole pages that have not been touched. */
static inline char *map(long bytes) {
  return (char *)need(
      call6(SYS_mmap, 0, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0), "mmap");
}

static inline long fork(void) { return need(call(SYS_clone, SIGCHLD, 0, 0, 0), "fork"); }

/* Waits for a child and returns its exit status. */
static inline int wait_for(long child) {
  int status = 0;
  need(call(SYS_wait4, child, (long)&status, 0, 0), "wait");
  return status >> 8 & 255;
}

/* The kernel starts a program with argc, argv[] and a null pointer on the stack. */
__attribute__((used, noreturn)) static void begin(long *stack) {
  leave(main((int)stack[0], (char **)(stack + 1)));
  __builtin_unreachable();
}

asm(".globl _start\n"
    "_start:\n"
    "  mv a0, sp\n"
    "  andi sp, sp, -16\n"
    "  tail begin\n");
