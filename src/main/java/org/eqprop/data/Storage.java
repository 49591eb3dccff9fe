package org.eqprop.data;

import java.io.BufferedInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/**
 * Reads and writes by location: {@code classpath:NAME}, a local path (or {@code file:} URI), or any
 * URI of a Hadoop file system. Writes are atomic: a reader sees the old content or the new, never a
 * part.
 */
public final class Storage {
  private static final String CLASSPATH = "classpath:";
  private final Configuration hadoop;

  /**
   * @param hadoop the Hadoop configuration that resolves non-local URIs
   */
  public Storage(Configuration hadoop) {
    this.hadoop = Objects.requireNonNull(hadoop);
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

  /**
   * Opens a file for reading, from its first byte.
   *
   * @throws InputException if there is no such file or it may not be read
   */
  public InputStream open(String location) {
    try {
      if (location.startsWith(CLASSPATH)) {
        return openResource(location);
      }
      InputStream in =
          isLocal(location)
              ? Files.newInputStream(localPath(location))
              : fileSystem(location).open(new org.apache.hadoop.fs.Path(location));
      return new BufferedInputStream(in, 1 << 16);
    } catch (NoSuchFileException | java.io.FileNotFoundException e) {
      throw new InputException(location + ": no such file", e);
    } catch (IOException e) {
      throw new InputException(location + ": cannot be read: " + InputException.reason(e), e);
    }
  }

  /**
   * Returns a whole file as text.
   *
   * @throws InputException if there is no such file or it cannot be read
   */
  public String text(String location) {
    return new String(bytes(location), StandardCharsets.UTF_8);
  }

  /**
   * Returns a whole file.
   *
   * @throws InputException if there is no such file or it cannot be read
   */
  public byte[] bytes(String location) {
    try (InputStream in = open(location)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new InputException(location + ": cannot be read: " + InputException.reason(e), e);
    }
  }

  private static InputStream openResource(String location) {
    String name = location.substring(CLASSPATH.length());
    InputStream in = Storage.class.getClassLoader().getResourceAsStream(name);
    if (in == null) {
      throw new InputException(location + ": no such file on the class path");
    }
    return in;
  }

  /**
   * Writes a file through a temporary one beside it, synced and then renamed over the target.
   *
   * @throws IOException if it cannot be written; the target is then as it was
   */
  public void writeAtomically(String location, Content content) throws IOException {
    if (isLocal(location)) {
      writeLocally(localPath(location), content);
    } else {
      writeToHadoop(fileSystem(location), new org.apache.hadoop.fs.Path(location), content);
    }
  }

  /**
   * Writes a text as {@link #writeAtomically} does.
   *
   * @throws IOException if it cannot be written; the target is then as it was
   */
  public void writeText(String location, String text) throws IOException {
    writeAtomically(location, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static void writeLocally(Path target, Content content) throws IOException {
    Path directory = target.toAbsolutePath().getParent();
    Path temporary = Files.createTempFile(directory, "." + target.getFileName(), ".tmp");
    try {
      try (FileOutputStream file = new FileOutputStream(temporary.toFile());
          OutputStream out = new java.io.BufferedOutputStream(file, 1 << 16)) {
        content.writeTo(out);
        out.flush();
        file.getFD().sync();
      }
      temporary.toFile().setReadable(true, false);
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private void writeToHadoop(FileSystem files, org.apache.hadoop.fs.Path target, Content content)
      throws IOException {
    org.apache.hadoop.fs.Path temporary =
        new org.apache.hadoop.fs.Path(target.getParent(), "." + target.getName() + ".tmp");
    try {
      try (OutputStream out = files.create(temporary, true)) {
        content.writeTo(out);
      }
      replace(files, temporary, target);
    } catch (IOException e) {
      files.delete(temporary, false);
      throw e;
    }
  }

  private void replace(
      FileSystem files, org.apache.hadoop.fs.Path temporary, org.apache.hadoop.fs.Path target)
      throws IOException {
    try {
      FileContext.getFileContext(files.getUri(), hadoop)
          .rename(
              files.makeQualified(temporary),
              files.makeQualified(target),
              Options.Rename.OVERWRITE);
    } catch (UnsupportedFileSystemException e) {
      // A file system without atomic replacement: between the two calls the temporary file holds
      // all.
      files.delete(target, false);
      if (!files.rename(temporary, target)) {
        throw new IOException(target + ": cannot be renamed from " + temporary, e);
      }
    }
  }

  /**
   * Returns whether there is a file or folder.
   *
   * @throws IOException if the file system does not answer
   */
  public boolean exists(String location) throws IOException {
    return isLocal(location)
        ? Files.exists(localPath(location))
        : fileSystem(location).exists(new org.apache.hadoop.fs.Path(location));
  }

  /**
   * Returns the names of what is in a folder, sorted; none if there is no such folder.
   *
   * @throws IOException if it cannot be read
   */
  public List<String> list(String location) throws IOException {
    if (!exists(location)) {
      return List.of();
    }
    if (isLocal(location)) {
      try (Stream<Path> files = Files.list(localPath(location))) {
        return files.map(file -> file.getFileName().toString()).sorted().toList();
      }
    }
    FileStatus[] files = fileSystem(location).listStatus(new org.apache.hadoop.fs.Path(location));
    return Arrays.stream(files).map(file -> file.getPath().getName()).sorted().toList();
  }

  /**
   * Creates a folder and those above it.
   *
   * @throws IOException if it cannot be created, or is a file
   */
  public void createFolder(String location) throws IOException {
    if (isLocal(location)) {
      Files.createDirectories(localPath(location));
    } else if (!fileSystem(location).mkdirs(new org.apache.hadoop.fs.Path(location))) {
      throw new IOException("the folder cannot be created");
    }
  }

  /**
   * Deletes a file if it is there.
   *
   * @throws IOException if it is there and cannot be deleted
   */
  public void delete(String location) throws IOException {
    if (isLocal(location)) {
      Files.deleteIfExists(localPath(location));
    } else {
      fileSystem(location).delete(new org.apache.hadoop.fs.Path(location), false);
    }
  }

  /** Returns whether the location is a path of this machine's own file system. */
  public static boolean isLocal(String location) {
    if (location.startsWith(CLASSPATH)) {
      return false;
    }
    return location.startsWith("file:") || !location.matches("[A-Za-z][A-Za-z0-9+.-]+:.*");
  }

  private static Path localPath(String location) {
    try {
      return location.startsWith("file:") ? Path.of(URI.create(location)) : Path.of(location);
    } catch (IllegalArgumentException e) {
      throw new InputException(location + ": not a valid path: " + InputException.reason(e), e);
    }
  }

  private FileSystem fileSystem(String location) throws IOException {
    try {
      return new org.apache.hadoop.fs.Path(location).getFileSystem(hadoop);
    } catch (IllegalArgumentException e) { // a malformed URI, or a host that nobody knows
      throw new InputException(
          location + ": no location of a Hadoop file system: " + InputException.reason(e), e);
    }
  }
}
