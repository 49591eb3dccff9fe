package org.eqprop.track;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * Frames an event as in TensorFlow's record files: its length n (8 bytes), the checksum of these 8
 * bytes, the n bytes, and their checksum; all little-endian. A checksum is CRC-32C, rotated right
 * by 15 bits, plus 0xa282ead8, so that checksums of data that contains checksums stay reliable.
 */
final class EventRecord {
  private static final int ROTATION = 15;
  private static final int MASK = 0xa282ead8;

  private EventRecord() {}

  /** Returns the record of an event's bytes. */
  static byte[] of(byte[] event) {
    ByteBuffer record =
        ByteBuffer.allocate(Long.BYTES + Integer.BYTES + event.length + Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(event.length);
    return record
        .putInt(checksum(record.array(), 0, Long.BYTES))
        .put(event)
        .putInt(checksum(event, 0, event.length))
        .array();
  }

  private static int checksum(byte[] bytes, int from, int count) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, count);
    return Integer.rotateRight((int) crc.getValue(), ROTATION) + MASK;
  }
}
