package dev.quire.machine.hart;

import static dev.quire.machine.hart.Decoded.destination;

import dev.quire.machine.arch.Isa;
import dev.quire.machine.arch.Isa.Extension;

/**
 * Decodes the SYSTEM and MISC-MEM opcodes: CSRs, traps and returns, fences, cache blocks and the
 * hypervisor's loads and stores. The immediate is the instruction's own bits.
 */
final class SystemDecoder {
  private final Isa isa;

  SystemDecoder(Isa isa) {
    this.isa = isa;
  }

  long decode(int raw) {
    int funct3 = raw >>> 12 & 7;
    int op;
    if ((raw & 0x7f) == 0x0f) {
      op = ordering(raw, funct3);
    } else if (funct3 == 0) {
      op = privileged(raw);
    } else {
      op = funct3 == 4 ? hypervisorAccess(raw) : Op.CSR;
    }
    int rd = destination(raw >>> 7 & 31);
    return Decoded.of(op, 2, rd, raw >>> 15 & 31, raw >>> 20 & 31, raw);
  }

  private int ifHas(Extension extension, int op) {
    return isa.has(extension) ? op : Op.ILLEGAL;
  }

  private int ordering(int raw, int funct3) {
    return switch (funct3) {
      case 0 -> Op.FENCE;
      case 1 -> ifHas(Extension.ZIFENCEI, Op.FENCE_I);
      case 2 -> (raw & 0xf80) == 0 ? cacheBlock(raw >>> 20) : Op.ILLEGAL;
      default -> Op.ILLEGAL;
    };
  }

  private int cacheBlock(int selector) {
    return switch (selector) {
      case 0 -> ifHas(Extension.ZICBOM, Op.CBO_INVAL);
      case 1 -> ifHas(Extension.ZICBOM, Op.CBO_CLEAN);
      case 2 -> ifHas(Extension.ZICBOM, Op.CBO_FLUSH);
      case 4 -> ifHas(Extension.ZICBOZ, Op.CBO_ZERO);
      default -> Op.ILLEGAL;
    };
  }

  private int privileged(int raw) {
    return switch (raw) {
      case 0x00000073 -> Op.ECALL;
      case 0x00100073 -> Op.EBREAK;
      case 0x30200073 -> Op.MRET;
      case 0x10200073 -> ifHas(Extension.S, Op.SRET);
      case 0x10500073 -> Op.WFI;
      case 0x18000073, 0x18100073 -> ifHas(Extension.SVINVAL, Op.SFENCE_ORDER);
      default -> (raw & 0xf80) == 0 ? addressFence(raw >>> 25) : Op.ILLEGAL;
    };
  }

  private int addressFence(int funct7) {
    boolean svinval = isa.has(Extension.SVINVAL);
    return switch (funct7) {
      case 0x09 -> ifHas(Extension.S, Op.SFENCE_VMA);
      case 0x0b -> ifHas(Extension.SVINVAL, Op.SINVAL_VMA);
      case 0x11 -> ifHas(Extension.H, Op.HFENCE_VVMA);
      case 0x31 -> ifHas(Extension.H, Op.HFENCE_GVMA);
      case 0x13 -> svinval ? ifHas(Extension.H, Op.HFENCE_VVMA) : Op.ILLEGAL;
      case 0x33 -> svinval ? ifHas(Extension.H, Op.HFENCE_GVMA) : Op.ILLEGAL;
      default -> Op.ILLEGAL;
    };
  }

  private int hypervisorAccess(int raw) {
    int funct7 = raw >>> 25;
    int rs2 = raw >>> 20 & 31;
    if (!isa.has(Extension.H) || funct7 < 0x30 || funct7 > 0x37) {
      return Op.ILLEGAL;
    }
    if ((funct7 & 1) != 0) {
      return (raw & 0xf80) == 0 ? Op.HSV : Op.ILLEGAL;
    }
    int size = 1 << (funct7 >>> 1 & 3);
    return switch (rs2) {
      case 0 -> Op.HLV;
      case 1 -> size < 8 ? Op.HLV : Op.ILLEGAL;
      case 3 -> size == 2 || size == 4 ? Op.HLVX : Op.ILLEGAL;
      default -> Op.ILLEGAL;
    };
  }
}
