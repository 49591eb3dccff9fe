package org.eqprop.track;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.thirdparty.protobuf.CodedInputStream;

/**
 * Reads TensorBoard's event files without sharing code with their writer: parses protobuf with
 * Google's own parser, and computes the checksums bit by bit.
 */
public final class EventReader {
  private static final int TYPE_BITS = 3;

  private EventReader() {}

  /** Returns a description of each event. */
  public static List<String> read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<String> events = new ArrayList<>();
    while (bytes.hasRemaining()) {
      byte[] header = new byte[8];
      bytes.get(header);
      int length = (int) ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getLong();
      requireSame(bytes.getInt(), masked(header), "the checksum of the length");
      byte[] data = new byte[length];
      bytes.get(data);
      requireSame(bytes.getInt(), masked(data), "the checksum of the event");
      events.add(event(CodedInputStream.newInstance(data)));
    }
    return events;
  }

  private static void requireSame(int stored, int computed, String what) throws IOException {
    if (stored != computed) {
      throw new IOException(what + ": " + stored + ", not " + computed);
    }
  }

  /** Computes the masked CRC-32C (reflected polynomial 0x82f63b78), bit by bit. */
  private static int masked(byte[] bytes) {
    int crc = -1;
    for (byte b : bytes) {
      crc ^= b & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = crc >>> 1 ^ ((crc & 1) == 0 ? 0 : 0x82f63b78);
      }
    }
    crc = ~crc;
    return (crc >>> 15 | crc << 17) + 0xa282ead8;
  }

  private static String event(CodedInputStream in) throws IOException {
    StringBuilder words = new StringBuilder();
    while (!in.isAtEnd()) {
      int tag = in.readTag();
      switch (tag >>> TYPE_BITS) {
        case 1 -> words.append(String.format(Locale.ROOT, "at %.3f", in.readDouble()));
        case 2 -> words.append(" step ").append(in.readInt64());
        case 3 -> words.append(" version ").append(in.readString());
        case 5 -> words.append(summary(in.readByteBuffer()));
        case 7 -> words.append(session(in.readByteBuffer()));
        default -> throw new IOException("field " + (tag >>> TYPE_BITS));
      }
    }
    return words.toString();
  }

  private static String session(ByteBuffer bytes) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(bytes);
    int tag = in.readTag();
    return (tag >>> TYPE_BITS == 1 && in.readEnum() == 1 ? " start" : " other session");
  }

  private static String summary(ByteBuffer bytes) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(bytes);
    StringBuilder words = new StringBuilder();
    while (!in.isAtEnd()) {
      if (in.readTag() >>> TYPE_BITS != 1) {
        throw new IOException("no value");
      }
      CodedInputStream value = CodedInputStream.newInstance(in.readByteBuffer());
      String name = "";
      while (!value.isAtEnd()) {
        int tag = value.readTag();
        switch (tag >>> TYPE_BITS) {
          case 1 -> name = value.readString();
          case 2 -> words.append(' ').append(name).append('=').append(value.readFloat());
          default -> throw new IOException("field " + (tag >>> TYPE_BITS) + " of a value");
        }
      }
    }
    return words.toString();
  }
}
