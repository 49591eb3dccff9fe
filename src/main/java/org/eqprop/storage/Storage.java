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
 * part. Every failure is an {@link InputException} with one line: the location, that it cannot be
 * read or written, and why.
 */
public final class Storage {
  /** Maximum length of a Java array. */
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

  /** Returns a storage that resolves Hadoop URIs with the configuration files on the class path. */
  public static Storage local() {
    return new Storage(new Configuration());
  }

  /** Returns the location of a file in a folder. */
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

  /** An operation on a volume that returns a result. */
  @FunctionalInterface
  private interface Action<T> {
    T on(Volume volume) throws IOException;
  }

  /** An operation on a volume that changes something. */
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
   * Opens a file for reading. If the file system can seek, the bytes before the first one are not
   * read.
   *
   * @param from the first byte, ≥ 0, and at most the file's size
   * @throws InputException if there is no such file, it may not be read, or it is shorter
   */
  public InputStream open(String location, long from) {
    return reading(
        location, volume -> new BufferedInputStream(volume.open(location, from), 1 << 16));
  }

  /**
   * Returns the files that match a Hadoop pattern, sorted by path, without folders and hidden
   * files, whose names start with a dot or an underscore.
   *
   * @param pattern a local path or a Hadoop URI with {@code *}, {@code ?}, {@code [ab]} or {@code
   *     {a,b}} in it
   * @throws InputException if no file matches, or the pattern cannot be looked up
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
   * Returns the size of a file in bytes; -1 if it is unknown before the file is read.
   *
   * @throws InputException if the file system cannot be used
   */
  public long size(String location) {
    try {
      return volume(location).size(location);
    } catch (IOException e) { // opening the file reports why
      return Volume.UNKNOWN;
    }
  }

  /**
   * Returns a whole file as text. Bytes that are not UTF-8 become a replacement character.
   *
   * @param most maximum number of bytes
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
   * Returns the first bytes of a file, or all if it has fewer.
   *
   * @param most maximum number of bytes
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
   * Writes a file through a temporary one next to it, which is synced and then renamed over the
   * target, with the permissions that the umask allows (on Hadoop file systems {@code
   * fs.permissions.umask-mode}). The first write into a folder also removes the temporary files
   * that killed processes have left there.
   *
   * @throws InputException if it cannot be written; the target is then unchanged
   */
  public void writeAtomically(String location, Content content) {
    change(location, volume -> volume.write(location, content));
  }

  /**
   * Writes a text as {@link #writeAtomically} does.
   *
   * @throws InputException if it cannot be written; the target is then unchanged
   */
  public void writeText(String location, String text) {
    writeAtomically(location, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Returns whether a file or folder exists.
   *
   * @throws InputException if the file system does not answer
   */
  public boolean exists(String location) {
    return reading(location, volume -> volume.exists(location));
  }

  /**
   * Returns the names of the files and folders in a folder, sorted; none if there is no such
   * folder.
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
   * Creates a folder and its parents.
   *
   * @throws InputException if it cannot be created, or is a file
   */
  public void createFolder(String location) {
    change(location, volume -> volume.createFolder(location));
  }

  /**
   * Deletes a file if it exists.
   *
   * @throws InputException if it exists and cannot be deleted
   */
  public void delete(String location) {
    change(location, volume -> volume.delete(location));
  }

  /**
   * Creates a folder that does not exist yet, and its parents. If several callers try this at the
   * same time, only one succeeds, on this machine and on any file system that renames atomically
   * (HDFS).
   *
   * @return false if something exists there already, which is left unchanged
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
   * Appends to a file, which is created if it does not exist. When this returns, the data are on
   * the disk. A process that is killed meanwhile may leave a part of the data. On file systems that
   * cannot append, the whole file is written again, atomically.
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
