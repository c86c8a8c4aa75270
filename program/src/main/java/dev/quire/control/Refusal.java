package dev.quire.control;

/** A request that is not served: an HTTP status and a sentence. */
public final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String sentence;

  Refusal(int status, String sentence) {
    super(sentence);
    this.status = status;
    this.sentence = sentence;
  }

  /** What was asked for does not exist. */
  public static Refusal unknown(String sentence) {
    return new Refusal(404, sentence);
  }

  int status() {
    return status;
  }

  String sentence() {
    return sentence;
  }
}
