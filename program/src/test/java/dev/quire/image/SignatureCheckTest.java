package dev.quire.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Date;
import java.util.List;
import org.bouncycastle.bcpg.ArmoredOutputStream;
import org.bouncycastle.bcpg.HashAlgorithmTags;
import org.bouncycastle.bcpg.PublicKeyAlgorithmTags;
import org.bouncycastle.bcpg.PublicKeyPacket;
import org.bouncycastle.crypto.generators.Ed25519KeyPairGenerator;
import org.bouncycastle.crypto.params.Ed25519KeyGenerationParameters;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPKeyPair;
import org.bouncycastle.openpgp.PGPPublicKey;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureGenerator;
import org.bouncycastle.openpgp.operator.bc.BcPGPContentSignerBuilder;
import org.bouncycastle.openpgp.operator.bc.BcPGPKeyPair;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SignatureCheckTest {
  private static final String TEXT = "Codename: trixie\n- dashed\nSHA256:\n x\n";

  @TempDir Path folder;

  private final PGPKeyPair known = newKey();
  private final PGPKeyPair stranger = newKey();

  @SuppressWarnings("JavaUtilDate") // the library's interface
  private static PGPKeyPair newKey() {
    Ed25519KeyPairGenerator generator = new Ed25519KeyPairGenerator();
    generator.init(new Ed25519KeyGenerationParameters(new SecureRandom()));
    try {
      return new BcPGPKeyPair(
          PublicKeyPacket.VERSION_4,
          PublicKeyAlgorithmTags.EDDSA_LEGACY,
          generator.generateKeyPair(),
          new Date());
    } catch (PGPException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] message(PGPKeyPair... signers) throws PGPException, IOException {
    ByteArrayOutputStream armored = new ByteArrayOutputStream();
    try (OutputStream out = ArmoredOutputStream.builder().clearHeaders().build(armored)) {
      for (PGPKeyPair signer : signers) {
        PGPSignatureGenerator generator =
            new PGPSignatureGenerator(
                new BcPGPContentSignerBuilder(
                    signer.getPublicKey().getAlgorithm(), HashAlgorithmTags.SHA256),
                signer.getPublicKey());
        generator.init(PGPSignature.CANONICAL_TEXT_DOCUMENT, signer.getPrivateKey());
        String canonical = TEXT.stripTrailing().replace("\n", "\r\n");
        generator.update(canonical.getBytes(StandardCharsets.UTF_8));
        generator.generate().encode(out);
      }
    }
    String escaped = TEXT.replace("\n- ", "\n- - ");
    String text = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n" + escaped;
    return (text + armored.toString(StandardCharsets.US_ASCII)).getBytes(StandardCharsets.UTF_8);
  }

  private Path keyring(PGPPublicKey key) throws IOException {
    return Files.write(folder.resolve("keyring.gpg"), key.getEncoded());
  }

  private String check(byte[] message) throws IOException {
    List<Path> keyrings = List.of(keyring(known.getPublicKey()));
    return new SignatureCheck(keyrings, null).verified(message, "the file");
  }

  private static byte[] tampered(byte[] message) {
    return new String(message, StandardCharsets.UTF_8)
        .replace("trixie", "trixia")
        .getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void oneGoodSignatureByAKnownKeySuffices() throws IOException, PGPException {
    assertThat(check(message(known))).isEqualTo(TEXT);
    assertThat(check(message(stranger, known))).isEqualTo(TEXT);
  }

  @Test
  void aBadSignatureRefusesTheFile() throws IOException, PGPException {
    byte[] message = message(known, stranger);
    assertThatThrownBy(() -> check(tampered(message)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("does not match");
  }

  @Test
  void strangersAndMissingSignaturesAreRefused() throws IOException, PGPException {
    byte[] message = message(stranger);
    assertThatThrownBy(() -> check(message))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("none of the keys");
    for (String bad : List.of("", "Codename: trixie\n", SyntheticMirror.clearSigned(TEXT, "?"))) {
      assertThatThrownBy(() -> check(bad.getBytes(StandardCharsets.UTF_8)))
          .isInstanceOf(UserError.class);
    }
  }

  @Test
  void textBeforeTheMessageIsRefused() throws IOException, PGPException {
    byte[] message = message(known);
    String text = "Codename: evil\n" + new String(message, StandardCharsets.UTF_8);
    assertThatThrownBy(() -> check(text.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(UserError.class);
  }

  @Test
  void gpgvIsJudgedByItsStatusLines() {
    String good = "[GNUPG:] GOODSIG 1 Somebody\n";
    String unknown = "[GNUPG:] ERRSIG 2 1 8 01 0 9\n[GNUPG:] NO_PUBKEY 2\n";
    assertThat(GpgvVerifier.judge(unknown + good, "text").text()).contains("text");
    assertThat(GpgvVerifier.judge(good + "[GNUPG:] BADSIG 3 X\n", "text").text()).isEmpty();
    assertThat(GpgvVerifier.judge(unknown, "text").text()).isEmpty();
    assertThat(GpgvVerifier.judge("[GNUPG:] EXPKEYSIG 1 X\n", "text").text()).isEmpty();
    assertThat(GpgvVerifier.judge("gpgv: GOODSIG\n[GNUPG:] NODATA 1\n", "text").text()).isEmpty();
  }

  @Test
  void theWholeKeyringIsPreferredToSingleKeys() throws IOException {
    Path share = Files.createDirectory(folder.resolve("share"));
    Path apt = Files.createDirectories(folder.resolve("apt/trusted.gpg.d")).resolveSibling("");
    assertThat(Keyrings.find(share, apt)).isEmpty();
    Path trusted = Files.writeString(apt.resolve("trusted.gpg.d/debian-archive-x.asc"), "");
    Files.writeString(apt.resolve("trusted.gpg.d/other.asc"), "");
    assertThat(Keyrings.find(share, apt)).containsExactly(trusted);
    Path single = Files.writeString(share.resolve("debian-archive-x.gpg"), "");
    Files.writeString(share.resolve("debian-archive-removed-keys.gpg"), "");
    assertThat(Keyrings.find(share, apt)).containsExactly(single);
    Path whole = Files.writeString(share.resolve("debian-archive-keyring.pgp"), "");
    assertThat(Keyrings.find(share, apt)).containsExactly(whole);
  }
}
