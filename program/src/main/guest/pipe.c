/*
 * pipe [ROUNDS]: two processes send one byte to and fro through two pipes, ROUNDS times. Every
 * turn is a switch from one address space to the other.
 */
#include "guest.h"

static void make_pipe(int ends[2]) { need(call(SYS_pipe2, (long)ends, 0, 0, 0), "pipe"); }

int main(int argc, char **argv) {
  long rounds = argument(argc, argv, 1, 10000);
  int there[2];
  int back[2];
  unsigned char byte = 0;
  make_pipe(there);
  make_pipe(back);
  long child = fork();
  if (child == 0) {
    call(SYS_close, there[1], 0, 0, 0);
    while (call(SYS_read, there[0], (long)&byte, 1, 0) == 1) {
      byte++;
      need(call(SYS_write, back[1], (long)&byte, 1, 0), "write");
    }
    return 0;
  }
  for (long round = 0; round < rounds; round++) {
    need(call(SYS_write, there[1], (long)&byte, 1, 0), "write");
    need(call(SYS_read, back[0], (long)&byte, 1, 0), "read");
  }
  call(SYS_close, there[1], 0, 0, 0);
  int status = wait_for(child);
  print_number("pipe: the byte is ", byte, "\n");
  return status != 0 || byte != (unsigned char)rounds;
}
