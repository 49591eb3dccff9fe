package org.eqprop.storage;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Opens local files that can be read only once, such as {@code /dev/stdin} or a named pipe, any
 * number of times: their content is kept.
 */
final class Pipes {
  private static final int MOST = 256 << 20;

  private final Map<Path, byte[]> contents = new HashMap<>();

  /**
   * Opens a file from its first byte.
   *
   * @throws IOException if it cannot be read, or is a pipe with more than 256 MiB
   */
  synchronized InputStream open(Path file) throws IOException {
    if (!Files.exists(file) || Files.isRegularFile(file) || Files.isDirectory(file)) {
      return Files.newInputStream(file);
    }
    byte[] content = contents.get(file);
    if (content == null) {
      // Buffered, since a bare file stream asks for its position before it reads everything.
      try (InputStream in = new BufferedInputStream(new FileInputStream(file.toFile()))) {
        content = in.readNBytes(MOST + 1);
      }
      if (content.length > MOST) {
        throw new IOException("it is a pipe with more than 256 MiB: expected a file");
      }
      contents.put(file, content);
    }
    return new ByteArrayInputStream(content);
  }
}
