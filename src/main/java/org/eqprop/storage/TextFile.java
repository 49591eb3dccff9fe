package org.eqprop.storage;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.eqprop.base.InputException;

/** Reads text files that people write: in UTF-8, or in UTF-16 with a byte order mark. */
public final class TextFile {
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private TextFile() {}

  /**
   * Returns a whole file, without its byte order mark.
   *
   * @param most maximum number of bytes
   * @throws InputException if there is no such file, or it is longer, or not text
   */
  public static String read(Storage storage, String location, int most) {
    byte[] bytes = storage.start(location, most + 1);
    if (bytes.length > most) {
      throw new InputException(
          String.format(Locale.ROOT, "%s: expected a text of at most %,d bytes", location, most));
    }
    try {
      String text = charset(bytes).newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw new InputException(
          location + ": not valid text: expected UTF-8, or UTF-16 with a byte order mark", e);
    }
  }

  private static Charset charset(byte[] bytes) {
    int mark = bytes.length < 2 ? 0 : (bytes[0] & 0xff) << 8 | (bytes[1] & 0xff);
    return mark == 0xfeff || mark == 0xfffe ? StandardCharsets.UTF_16 : StandardCharsets.UTF_8;
  }
}
