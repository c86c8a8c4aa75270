package dev.quire.machine.hart;

import dev.quire.machine.arch.Isa;
import dev.quire.machine.memory.PhysicalMemory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decoded code of a machine, one {@link CodePage} a frame, shared by its harts. It depends on
 * nothing but the frame's bytes: translation changes and fences leave it alone, and a write through
 * any alias, by any writer, drops exactly the instructions that it touches.
 *
 * <p>That is exact because a frame with code is marked in {@link PhysicalMemory} and never a direct
 * target of a store TLB: before the first instruction of a frame is decoded, every hart has let go
 * of its store entries for that frame. Decoding and dropping exclude each other.
 *
 * <p>A page of decoded code takes 16 KiB, four times what it was decoded from. So only so many are
 * kept, and the oldest go first.
 */
public final class CodeCache implements PhysicalMemory.CodeWatcher {
  /** A frame written this often with nothing decoded in between holds data, not code. */
  private static final int GIVE_UP_AFTER_WRITES = 128;

  /** Pages that are kept at least, and one for so many frames of the machine. */
  private static final int LEAST_PAGES = 4096;

  private static final int FRAMES_A_PAGE = 24;

  private final PhysicalMemory memory;
  private final Decoder decoder;
  private final @Nullable CodePage[] pages;
  private final List<Hart> harts = new ArrayList<>();
  private final int limit;

  /** In order of their making; some are dropped already. */
  private final ArrayDeque<CodePage> made = new ArrayDeque<>();

  public CodeCache(PhysicalMemory memory, Isa isa) {
    this.memory = memory;
    this.decoder = new Decoder(isa);
    this.pages = new CodePage[(int) (memory.size() >>> PhysicalMemory.FRAME_SHIFT)];
    this.limit = Math.max(LEAST_PAGES, pages.length / FRAMES_A_PAGE);
    memory.watchCode(this);
  }

  synchronized void add(Hart hart) {
    harts.add(hart);
  }

  /** The hart will never run again. */
  public synchronized void remove(Hart hart) {
    harts.remove(hart);
  }

  /** The page of the frame at {@code hpa}, which is RAM; {@code reader} is about to run it. */
  CodePage page(long hpa, Hart reader) {
    CodePage page = pages[memory.frameIndex(hpa)];
    return page != null ? page : create(hpa, reader);
  }

  private CodePage create(long hpa, Hart reader) {
    List<Hart> others;
    synchronized (this) {
      memory.markCode(hpa, true);
      others = List.copyOf(harts);
    }
    for (Hart hart : others) {
      hart.atSafePoint(reader, () -> hart.mmu().dropStoreEntries(hpa));
    }
    synchronized (this) {
      int frame = memory.frameIndex(hpa);
      CodePage page = pages[frame];
      if (page == null) {
        page = new CodePage(hpa);
        pages[frame] = page;
        memory.markCode(hpa, true);
        made.add(page);
        while (made.size() > limit) {
          forget(made.remove());
        }
      }
      return page;
    }
  }

  /** Decodes the instruction of a slot, if the page was not given up meanwhile. */
  synchronized void decode(CodePage page, int slot) {
    if (!page.live) {
      return;
    }
    page.writes = 0;
    long hpa = page.hpa + 2L * slot;
    int low = memory.readShort(hpa) & 0xffff;
    int high = Decoder.isLong(low) ? memory.readShort(hpa + 2) : 0;
    page.set(slot, Decoded.placed(decode(low, high), slot));
  }

  /** Two bytes of code as 0..65535; {@code hpa} is RAM. */
  int halfword(long hpa) {
    return memory.readShort(hpa) & 0xffff;
  }

  /** Decodes an instruction from its halfwords; {@code high} counts if {@code low} says so. */
  long decode(int low, int high) {
    return Decoder.isLong(low) ? decoder.decode(low | high << 16) : decoder.decodeShort(low);
  }

  @Override
  public synchronized void codeWritten(long hpa, long length) {
    long end = hpa + length;
    for (long frame = hpa & -PhysicalMemory.FRAME_SIZE; frame < end; ) {
      long next = frame + PhysicalMemory.FRAME_SIZE;
      CodePage page = pages[memory.frameIndex(frame)];
      if (page != null) {
        drop(page, Math.max(hpa, frame) - frame, Math.min(end, next) - frame);
      }
      frame = next;
    }
  }

  /** Drops the instructions that overlap bytes {@code from} to {@code to} of the page. */
  private void drop(CodePage page, long from, long to) {
    int first = Math.max(0, (int) (from >>> 1) - 1);
    int end = Math.min((int) (to + 1 >>> 1), CodePage.SLOTS - 1);
    if (first < end) {
      Arrays.fill(page.words, first, end, Op.UNDECODED);
    }
    boolean whole = to - from == PhysicalMemory.FRAME_SIZE;
    if (whole || ++page.writes > GIVE_UP_AFTER_WRITES) {
      forget(page);
    }
  }

  private void forget(CodePage page) {
    if (page.live) {
      page.clear();
      page.live = false;
      pages[memory.frameIndex(page.hpa)] = null;
      memory.markCode(page.hpa, false);
    }
  }
}
