package org.eqprop.storage;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Atomic writes to the local file system, through a temporary file {@code
 * .NAME.eqprop-KERNEL-RANDOM.tmp} next to the target. A process that is killed leaves its temporary
 * file behind; the first write into a folder removes those that no process is writing to any more.
 * A process that writes a temporary file holds a lock on it, which ends with the process, however
 * that ends. Two processes under the same kernel see each other's locks. On a network file system,
 * processes under different kernels may not, so a file of another kernel must also be more than an
 * hour old.
 */
final class LocalFiles {
  private static final Duration OLD = Duration.ofHours(1);
  private static final int ATTEMPTS = 100;
  private static final String KERNEL = kernel();
  private static final Pattern TEMPORARY =
      Pattern.compile("\\..+\\.eqprop-([0-9a-f]{8})-[0-9a-f]{16}\\.tmp");

  /**
   * The temporary files that this process is writing. Locking one a second time would release the
   * first lock.
   */
  private static final Set<Path> WRITING = ConcurrentHashMap.newKeySet();

  private static final Set<Path> TIDIED = ConcurrentHashMap.newKeySet();

  private LocalFiles() {}

  /**
   * Returns 8 hexadecimal digits that identify this boot of this kernel; zeros if it cannot be
   * identified.
   */
  private static String kernel() {
    try {
      String id = Files.readString(Path.of("/proc/sys/kernel/random/boot_id"));
      return id.substring(0, 8).toLowerCase(Locale.ROOT);
    } catch (IOException | RuntimeException e) { // not Linux, or /proc is not mounted
      return "00000000";
    }
  }

  /**
   * Writes a file, which is synced and renamed over the target, with the permissions that the
   * process's umask allows.
   *
   * @throws IOException if it cannot be written; the target is then unchanged
   */
  static void write(Path target, Storage.Content content) throws IOException {
    Path parent = target.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IOException("a folder is in the way");
    }
    Path folder =
        parent.toRealPath(); // each folder has one name, since locks and WRITING go by name
    Path absolute = folder.resolve(target.getFileName());
    if (TIDIED.add(folder)) {
      removeLeftovers(folder);
    }
    for (int attempt = 1; !written(temporary(absolute), absolute, content); attempt++) {
      if (attempt == ATTEMPTS) {
        throw new IOException("its temporary files are removed as fast as they are created");
      }
    }
  }

  private static Path temporary(Path target) {
    String random = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    return target.resolveSibling(
        "." + target.getFileName() + ".eqprop-" + KERNEL + "-" + random + ".tmp");
  }

  /**
   * Writes a temporary file and renames it; returns false if another process treated the file as a
   * leftover.
   */
  private static boolean written(Path temporary, Path target, Storage.Content content)
      throws IOException {
    WRITING.add(temporary);
    try {
      Files.createFile(temporary);
      // A file stream, since an interrupt of the thread would close a file channel.
      try (FileOutputStream file = new FileOutputStream(temporary.toFile())) {
        if (!locked(file.getChannel()) || !Files.exists(temporary)) {
          return false;
        }
        OutputStream out = new BufferedOutputStream(file, 1 << 16);
        content.writeTo(out);
        out.flush();
        file.getFD().sync();
        Files.move(
            temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return true;
      }
    } finally {
      Files.deleteIfExists(temporary);
      WRITING.remove(temporary);
    }
  }

  /**
   * Returns whether the file is locked. A file system without locks counts as one where it is,
   * since {@link #tidy} removes nothing there.
   */
  private static boolean locked(FileChannel file) {
    try {
      return file.tryLock() != null;
    } catch (IOException | OverlappingFileLockException e) {
      return true;
    }
  }

  /** Removes the temporary files of a folder that no process is writing to; never fails. */
  static void removeLeftovers(Path folder) {
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(
            folder, file -> TEMPORARY.matcher(file.getFileName().toString()).matches())) {
      for (Path file : files) {
        tidy(file);
      }
    } catch (IOException | DirectoryIteratorException e) {
      // The folder cannot be read: the write itself reports what matters.
    }
  }

  private static void tidy(Path file) {
    if (WRITING.contains(file) || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock != null && (isOfThisKernel(file) || isOld(file))) {
        Files.delete(file);
      }
    } catch (IOException | OverlappingFileLockException e) {
      // The file is gone, must not be removed, or cannot be locked: leave it.
    }
  }

  private static boolean isOfThisKernel(Path file) {
    Matcher name = TEMPORARY.matcher(file.getFileName().toString());
    return name.matches() && name.group(1).equals(KERNEL) && !KERNEL.equals("00000000");
  }

  private static boolean isOld(Path file) throws IOException {
    return Files.getLastModifiedTime(file).toInstant().isBefore(Instant.now().minus(OLD));
  }

  /**
   * Creates a folder that does not exist yet, and its parents.
   *
   * @return false if something exists there already, which is left unchanged
   * @throws IOException if it cannot be created
   */
  static boolean createNewFolder(Path location) throws IOException {
    Path folder = location.toAbsolutePath();
    Path above = folder.getParent();
    if (above == null || Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    Files.createDirectories(above);
    try {
      Files.createDirectory(folder);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }

  /**
   * Appends to a file, which is created if it does not exist; returns when the data are on the
   * disk.
   *
   * @param bytes not modified
   * @throws IOException if it cannot be written
   */
  static void append(Path location, byte[] bytes) throws IOException {
    try (FileChannel file =
        FileChannel.open(location, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      ByteBuffer left = ByteBuffer.wrap(bytes);
      while (left.hasRemaining()) {
        file.write(left);
      }
      file.force(false);
    }
  }
}
