package dev.quire.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPObjectFactory;
import org.bouncycastle.openpgp.PGPPublicKey;
import org.bouncycastle.openpgp.PGPPublicKeyRing;
import org.bouncycastle.openpgp.PGPPublicKeyRingCollection;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureList;
import org.bouncycastle.openpgp.PGPUtil;
import org.bouncycastle.openpgp.operator.bc.BcKeyFingerprintCalculator;
import org.bouncycastle.openpgp.operator.bc.BcPGPContentVerifierBuilderProvider;
import org.jspecify.annotations.Nullable;

/** Judges a file where gpgv is not installed. */
final class BouncyCastleVerifier {
  private BouncyCastleVerifier() {}

  static SignatureCheck.Verdict verify(byte[] inRelease, List<Path> keyrings) throws IOException {
    Optional<CleartextSigned> message = CleartextSigned.parse(inRelease);
    if (message.isEmpty()) {
      return SignatureCheck.Verdict.refused("the file carries none");
    }
    try {
      List<PGPPublicKeyRingCollection> keys = new ArrayList<>();
      for (Path keyring : keyrings) {
        keys.add(load(keyring));
      }
      return judge(message.get(), keys);
    } catch (PGPException | RuntimeException e) {
      return SignatureCheck.Verdict.refused("it is malformed (" + e.getMessage() + ")");
    }
  }

  private static PGPPublicKeyRingCollection load(Path keyring) throws IOException, PGPException {
    try (InputStream in = PGPUtil.getDecoderStream(Files.newInputStream(keyring))) {
      return new PGPPublicKeyRingCollection(in, new BcKeyFingerprintCalculator());
    }
  }

  private static SignatureCheck.Verdict judge(
      CleartextSigned message, List<PGPPublicKeyRingCollection> keyrings)
      throws IOException, PGPException {
    int good = 0;
    int bad = 0;
    int unusable = 0;
    for (PGPSignature signature : signatures(message.armor())) {
      PGPPublicKey key = usableKey(signature, keyrings);
      if (key == null) {
        unusable++;
      } else {
        signature.init(new BcPGPContentVerifierBuilderProvider(), key);
        signature.update(message.signed());
        if (signature.verify()) {
          good++;
        } else {
          bad++;
        }
      }
    }
    return SignatureCheck.Verdict.of(good, bad, unusable, message.text());
  }

  private static List<PGPSignature> signatures(String armor) throws IOException {
    List<PGPSignature> found = new ArrayList<>();
    InputStream in =
        PGPUtil.getDecoderStream(
            new ByteArrayInputStream(armor.getBytes(StandardCharsets.US_ASCII)));
    PGPObjectFactory objects = new PGPObjectFactory(in, new BcKeyFingerprintCalculator());
    for (Object object = objects.nextObject(); object != null; object = objects.nextObject()) {
      if (object instanceof PGPSignatureList list) {
        list.forEach(found::add);
      }
    }
    return found;
  }

  /** The key that made the signature, if it is known, not revoked and was in force. */
  private static @Nullable PGPPublicKey usableKey(
      PGPSignature signature, List<PGPPublicKeyRingCollection> keyrings) throws PGPException {
    for (PGPPublicKeyRingCollection keyring : keyrings) {
      PGPPublicKeyRing ring = keyring.getPublicKeyRing(signature.getKeyID());
      PGPPublicKey key = ring == null ? null : ring.getPublicKey(signature.getKeyID());
      if (key != null) {
        return inForce(key) && inForce(ring.getPublicKey()) ? key : null;
      }
    }
    return null;
  }

  private static boolean inForce(PGPPublicKey key) {
    long seconds = key.getValidSeconds();
    Instant end = key.getCreationTime().toInstant().plusSeconds(seconds);
    return !key.hasRevocation() && (seconds == 0 || Instant.now().isBefore(end));
  }
}
