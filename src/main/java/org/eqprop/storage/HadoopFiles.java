package org.eqprop.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.hadoop.util.VersionInfo;
import org.eqprop.base.InputException;

/**
 * Hadoop's file systems, whose exceptions become one line. Writes are atomic, through a temporary
 * file {@code .NAME.eqprop.tmp} beside the target, which the next write of the same target
 * replaces. The first write into a folder removes those that are an hour old.
 */
final class HadoopFiles {
  /** Nothing else tells whether somebody still writes to a file. */
  private static final long OLD_MILLIS = TimeUnit.HOURS.toMillis(1);

  /** A folder may be a bucket of millions. */
  private static final int LOOK_AT = 10_000;

  private static final String ENDING = ".eqprop.tmp";
  private static final Pattern TEMPORARY = Pattern.compile("\\..+" + Pattern.quote(ENDING));

  private static final Map<String, String> MODULES =
      Map.of(
          "s3a", "hadoop-aws",
          "abfs", "hadoop-azure",
          "abfss", "hadoop-azure",
          "wasb", "hadoop-azure",
          "wasbs", "hadoop-azure",
          "adl", "hadoop-azure-datalake",
          "oss", "hadoop-aliyun",
          "cosn", "hadoop-cos");

  private static final Set<Path> TIDIED = ConcurrentHashMap.newKeySet();

  private final Configuration configuration;

  /** File systems where appending has failed. */
  private final Set<URI> neverAppends = ConcurrentHashMap.newKeySet();

  HadoopFiles(Configuration configuration) {
    this.configuration = configuration;
  }

  /** What is done with a file system. */
  @FunctionalInterface
  interface Action<T> {
    T on(FileSystem files, Path path) throws IOException;
  }

  /**
   * Does something at a location.
   *
   * @throws InputException if the file system cannot be used: it is unknown, its classes are
   *     missing, its host is unknown, the location is malformed, …
   * @throws IOException if the action fails
   */
  <T> T at(String location, Action<T> action) throws IOException {
    try {
      Path path = new Path(location);
      return action.on(path.getFileSystem(configuration), path);
    } catch (InputException e) {
      throw e;
    } catch (UnsupportedFileSystemException
        | RuntimeException
        | LinkageError
        | ServiceConfigurationError e) {
      throw new InputException(
          location + ": unreachable URI: " + reason(e) + remedy(location, e), e);
    }
  }

  /** Hadoop wraps what happened in exceptions that only repeat it. */
  private static String reason(Throwable failure) {
    Throwable told = failure;
    while (told.getCause() != null && told.toString().contains(told.getCause().toString())) {
      told = told.getCause();
    }
    return InputException.reason(told);
  }

  private static String remedy(String location, Throwable failure) {
    boolean missing = failure instanceof UnsupportedFileSystemException;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      missing |= cause instanceof ClassNotFoundException || cause instanceof LinkageError;
    }
    if (!missing) {
      return "";
    }
    String module = MODULES.get(location.substring(0, Math.max(0, location.indexOf(':'))));
    return module == null
        ? ": expected a file system whose jar is there; add it with --packages or --jars"
        : ": add --packages org.apache.hadoop:" + module + ":" + VersionInfo.getVersion();
  }

  /**
   * Opens a file from a byte on.
   *
   * @throws IOException if it cannot be opened, or is shorter
   */
  InputStream open(String location, long from) throws IOException {
    return at(
        location,
        (files, path) -> {
          FSDataInputStream in = files.open(path);
          try {
            if (from > 0) {
              in.seek(from);
            }
            return in;
          } catch (IOException e) {
            in.close();
            throw e;
          }
        });
  }

  /** Returns the files that a pattern fits, without hidden ones, in any order. */
  List<Path> matching(String pattern) throws IOException {
    FileStatus[] found =
        at(pattern, (files, path) -> files.globStatus(path, p -> !p.getName().matches("[._].*")));
    return found == null
        ? List.of()
        : Arrays.stream(found).filter(FileStatus::isFile).map(FileStatus::getPath).toList();
  }

  /**
   * Writes a file.
   *
   * @throws IOException if it cannot be written; the target is then as it was
   */
  void write(String location, Storage.Content content) throws IOException {
    Path temporary =
        at(
            location,
            (files, target) -> {
              if (TIDIED.add(files.makeQualified(target).getParent())) {
                removeLeftovers(files, target.getParent());
              }
              return new Path(target.getParent(), "." + target.getName() + ENDING);
            });
    try {
      try (OutputStream out = at(location, (files, target) -> files.create(temporary, true))) {
        content.writeTo(out);
      }
      at(
          location,
          (files, target) -> {
            replace(files, temporary, target);
            return true;
          });
    } catch (IOException | RuntimeException e) {
      try {
        at(location, (files, target) -> files.delete(temporary, false));
      } catch (IOException | InputException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
  }

  /**
   * Creates a folder that is not there yet. It is created under another name and renamed, which
   * fails if there is one: mkdirs does not.
   *
   * @return false if something is there already, which stays as it is
   * @throws IOException if it cannot be created
   */
  boolean createNewFolder(String location) throws IOException {
    return at(
        location,
        (files, folder) -> {
          if (files.exists(folder)) {
            return false;
          }
          Path temporary =
              new Path(
                  folder.getParent(), "." + folder.getName() + "." + UUID.randomUUID() + ENDING);
          if (!files.mkdirs(temporary)) {
            throw new IOException("the folder cannot be created");
          }
          try {
            FileContext.getFileContext(files.getUri(), configuration)
                .rename(files.makeQualified(temporary), files.makeQualified(folder));
            return true;
          } catch (FileAlreadyExistsException e) {
            files.delete(temporary, false);
            return false;
          } catch (UnsupportedFileSystemException e) {
            return files.delete(temporary, false) && files.mkdirs(folder);
          }
        });
  }

  /**
   * Appends to a file that is there.
   *
   * @param bytes not modified
   * @return false if this file system does not append: object stores do not, and small clusters
   *     refuse to for want of replicas
   */
  boolean append(String location, byte[] bytes) throws IOException {
    return at(
        location,
        (files, file) -> {
          if (neverAppends.contains(files.getUri())) {
            return false;
          }
          try (OutputStream out = files.append(file)) {
            out.write(bytes);
            return true;
          } catch (IOException | UnsupportedOperationException e) {
            neverAppends.add(files.getUri());
            return false;
          }
        });
  }

  private void replace(FileSystem files, Path temporary, Path target) throws IOException {
    try {
      FileContext.getFileContext(files.getUri(), configuration)
          .rename(
              files.makeQualified(temporary),
              files.makeQualified(target),
              Options.Rename.OVERWRITE);
    } catch (UnsupportedFileSystemException e) {
      // A file system without atomic replacement: between the two calls the temporary file holds
      // everything.
      files.delete(target, false);
      if (!files.rename(temporary, target)) {
        throw new IOException("it cannot be renamed from " + temporary, e);
      }
    }
  }

  private static void removeLeftovers(FileSystem files, Path folder) {
    long before = System.currentTimeMillis() - OLD_MILLIS;
    try {
      RemoteIterator<FileStatus> all = files.listStatusIterator(folder);
      for (int i = 0; i < LOOK_AT && all.hasNext(); i++) {
        FileStatus file = all.next();
        if (file.isFile()
            && TEMPORARY.matcher(file.getPath().getName()).matches()
            && file.getModificationTime() < before) {
          files.delete(file.getPath(), false);
        }
      }
    } catch (FileNotFoundException e) {
      // An object store has no folder before its first file.
    } catch (IOException e) {
      // Tidying never fails a write, which will say what matters.
    }
  }
}
