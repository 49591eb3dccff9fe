package org.eqprop.storage;

import java.io.BufferedInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.apache.hadoop.conf.Configuration;
import org.eqprop.base.InputException;

/**
 * Reads and writes by location: {@code classpath:NAME}, a local path (or {@code file:} URI), or any
 * URI of a Hadoop file system. Writes are atomic: a reader sees the old content or the new, never a
 * part. Whatever fails is an {@link InputException} of one line: the location, that it cannot be
 * read or written, and why.
 */
public final class Storage {
  /** What one Java array takes. */
  private static final int MAX_BYTES = Integer.MAX_VALUE - 8;

  private final HadoopVolume hadoop;
  private final Volume local = new LocalVolume();
  private final Volume classPath = new ClassPathVolume();

  /**
   * @param hadoop the Hadoop configuration that resolves non-local URIs
   */
  public Storage(Configuration hadoop) {
    this.hadoop = new HadoopVolume(Objects.requireNonNull(hadoop));
  }

  /** Returns a storage that resolves Hadoop URIs by the configuration files on the class path. */
  public static Storage local() {
    return new Storage(new Configuration());
  }

  /** Returns where a file of a folder is. */
  public static String path(String folder, String name) {
    return folder.endsWith("/") ? folder + name : folder + "/" + name;
  }

  /** Returns the last part of a location. */
  public static String name(String location) {
    String trimmed = location.replaceAll("/+$", "");
    return trimmed.substring(trimmed.lastIndexOf('/') + 1);
  }

  /** Writes the content of a file to a stream. */
  @FunctionalInterface
  public interface Content {
    /**
     * @param out where to write; buffered by the caller
     * @throws IOException if it cannot be written
     */
    void writeTo(OutputStream out) throws IOException;
  }

  /** What is done at a location. */
  @FunctionalInterface
  private interface Action<T> {
    T on(Volume volume) throws IOException;
  }

  /** What is changed at a location. */
  @FunctionalInterface
  private interface Change {
    void on(Volume volume) throws IOException;
  }

  private Volume volume(String location) {
    if (location.startsWith(ClassPathVolume.PREFIX)) {
      return classPath;
    }
    return LocalPath.isLocal(location) ? local : hadoop;
  }

  private <T> T reading(String location, Action<T> action) {
    try {
      return action.on(volume(location));
    } catch (NoSuchFileException | FileNotFoundException e) {
      throw new InputException(location + ": no such file", e);
    } catch (IOException e) {
      throw new InputException(location + ": cannot be read: " + InputException.reason(e), e);
    }
  }

  private <T> T writing(String location, Action<T> action) {
    try {
      return action.on(volume(location));
    } catch (IOException e) {
      throw new InputException(location + ": cannot be written: " + InputException.reason(e), e);
    }
  }

  private void change(String location, Change change) {
    boolean unused =
        writing(
            location,
            volume -> {
              change.on(volume);
              return true;
            });
  }

  /**
   * Opens a file for reading, from its first byte.
   *
   * @throws InputException if there is no such file or it may not be read
   */
  public InputStream open(String location) {
    return open(location, 0);
  }

  /**
   * Opens a file for reading. What is before the first byte is not read where the file system can
   * seek.
   *
   * @param from the first byte, ≥ 0, and at most the file's size
   * @throws InputException if there is no such file, it may not be read or is shorter
   */
  public InputStream open(String location, long from) {
    return reading(
        location, volume -> new BufferedInputStream(volume.open(location, from), 1 << 16));
  }

  /**
   * Returns the files that a pattern of Hadoop's fits, sorted by their paths; hidden ones, whose
   * names begin with a dot or an underscore, and folders are left out.
   *
   * @param pattern a local path or a Hadoop URI with {@code *}, {@code ?}, {@code [ab]} or {@code
   *     {a,b}} in it
   * @throws InputException if it fits no file, or cannot be looked up
   */
  public List<String> matching(String pattern) {
    boolean local = LocalPath.isLocal(pattern);
    String absolute =
        local && !pattern.startsWith("file:")
            ? "file:" + LocalPath.of(pattern).toAbsolutePath()
            : pattern;
    List<String> found =
        reading(pattern, volume -> hadoop.matching(absolute)).stream()
            .map(path -> local ? path.toUri().getPath() : path.toString())
            .sorted()
            .toList();
    if (found.isEmpty()) {
      throw new InputException(pattern + ": no such file");
    }
    return found;
  }

  /**
   * Returns how long a file is, in bytes; -1 where that cannot be told before it is read.
   *
   * @throws InputException if the file system cannot be used
   */
  public long size(String location) {
    try {
      return volume(location).size(location);
    } catch (IOException e) { // opening it says why
      return Volume.UNKNOWN;
    }
  }

  /**
   * Returns a whole file as text. What is not UTF-8 becomes a replacement character.
   *
   * @param most bytes that it may have
   * @throws InputException if there is no such file, it cannot be read, or it is longer
   */
  public String text(String location, int most) {
    byte[] bytes = start(location, most + 1);
    if (bytes.length > most) {
      throw new InputException(
          String.format(Locale.ROOT, "%s: expected a file of at most %,d bytes", location, most));
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /**
   * Returns a whole file.
   *
   * @throws InputException if there is no such file or it cannot be read
   */
  public byte[] bytes(String location) {
    byte[] bytes = start(location, MAX_BYTES);
    if (bytes.length == MAX_BYTES) {
      throw new InputException(location + ": expected a file of less than " + MAX_BYTES + " bytes");
    }
    return bytes;
  }

  /**
   * Returns the first bytes of a file, or all where it has no more.
   *
   * @param most how many
   * @throws InputException if there is no such file or it cannot be read
   */
  public byte[] start(String location, int most) {
    return reading(
        location,
        volume -> {
          try (InputStream in = open(location)) {
            return in.readNBytes(most);
          }
        });
  }

  /**
   * Writes a file through a temporary one beside it, synced and then renamed over the target, with
   * the permissions that the umask leaves (on Hadoop file systems {@code
   * fs.permissions.umask-mode}). The first write into a folder also removes the temporary files
   * that killed processes have left there.
   *
   * @throws InputException if it cannot be written; the target is then as it was
   */
  public void writeAtomically(String location, Content content) {
    change(location, volume -> volume.write(location, content));
  }

  /**
   * Writes a text as {@link #writeAtomically} does.
   *
   * @throws InputException if it cannot be written; the target is then as it was
   */
  public void writeText(String location, String text) {
    writeAtomically(location, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Returns whether there is a file or folder.
   *
   * @throws InputException if the file system does not answer
   */
  public boolean exists(String location) {
    return reading(location, volume -> volume.exists(location));
  }

  /**
   * Returns the names of what is in a folder, sorted; none if there is no such folder.
   *
   * @throws InputException if it cannot be read
   */
  public List<String> list(String location) {
    if (!exists(location)) {
      return List.of();
    }
    return reading(location, volume -> volume.list(location)).stream().sorted().toList();
  }

  /**
   * Creates a folder and those above it.
   *
   * @throws InputException if it cannot be created, or is a file
   */
  public void createFolder(String location) {
    change(location, volume -> volume.createFolder(location));
  }

  /**
   * Deletes a file if it is there.
   *
   * @throws InputException if it is there and cannot be deleted
   */
  public void delete(String location) {
    change(location, volume -> volume.delete(location));
  }

  /**
   * Creates a folder that is not there yet, and those above it. Of several callers at the same
   * moment only one succeeds, on this machine and on any file system that renames atomically
   * (HDFS).
   *
   * @return false if something is there already, which stays as it is
   * @throws InputException if it cannot be created
   */
  public boolean createNewFolder(String location) {
    return writing(location, volume -> volume.createNewFolder(location));
  }

  /**
   * Appends text to a file as {@link #append(String, byte[])} does.
   *
   * @throws InputException if it cannot be written
   */
  public void append(String location, String text) {
    append(location, text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Appends to a file, which is created where it is not there. What is appended is on the disk when
   * this returns. A process that is killed meanwhile may leave a part of it. File systems that
   * cannot append get the whole file again, atomically.
   *
   * @param bytes not modified
   * @throws InputException if it cannot be written
   */
  public void append(String location, byte[] bytes) {
    boolean appended = writing(location, volume -> volume.append(location, bytes));
    if (!appended) {
      byte[] before = exists(location) ? bytes(location) : new byte[0];
      writeAtomically(
          location,
          out -> {
            out.write(before);
            out.write(bytes);
          });
    }
  }
}
