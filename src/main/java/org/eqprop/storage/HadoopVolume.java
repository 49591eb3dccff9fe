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
 * Hadoop's file systems, with exceptions reduced to one line. Writes are atomic, through a
 * temporary file {@code .NAME.eqprop.tmp} next to the target, which the next write of the same
 * target replaces. The first write into a folder removes temporary files that are more than an hour
 * old.
 */
final class HadoopVolume implements Volume {
  /**
   * Age above which a temporary file is left over: nothing else tells whether a process is still
   * writing to it.
   */
  private static final long OLD_MILLIS = TimeUnit.HOURS.toMillis(1);

  /** Maximum number of files to look at, since a folder may be a bucket with millions of files. */
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

  HadoopVolume(Configuration configuration) {
    this.configuration = configuration;
  }

  /** An operation on a file system. */
  @FunctionalInterface
  interface Action<T> {
    T on(FileSystem files, Path path) throws IOException;
  }

  /**
   * Performs an operation at a location.
   *
   * @throws InputException if the file system cannot be used: it is unknown, its classes are
   *     missing, its host is unknown, the location is malformed, …
   * @throws IOException if the operation fails
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

  /**
   * Returns the reason of a failure, without Hadoop's wrapping exceptions, which only repeat it.
   */
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
        ? ": expected a file system whose jar is on the class path; add it with --packages or"
            + " --jars"
        : ": add --packages org.apache.hadoop:" + module + ":" + VersionInfo.getVersion();
  }

  @Override
  public InputStream open(String location, long from) throws IOException {
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

  /** Returns the files that match a pattern, without hidden ones, in any order. */
  List<Path> matching(String pattern) throws IOException {
    FileStatus[] found =
        at(pattern, (files, path) -> files.globStatus(path, p -> !p.getName().matches("[._].*")));
    return found == null
        ? List.of()
        : Arrays.stream(found).filter(FileStatus::isFile).map(FileStatus::getPath).toList();
  }

  @Override
  public long size(String location) throws IOException {
    FileStatus status = at(location, FileSystem::getFileStatus);
    return status.isFile() ? status.getLen() : UNKNOWN;
  }

  @Override
  public boolean exists(String location) throws IOException {
    return at(location, FileSystem::exists);
  }

  @Override
  public List<String> list(String folder) throws IOException {
    FileStatus[] files = at(folder, FileSystem::listStatus);
    return Arrays.stream(files).map(file -> file.getPath().getName()).toList();
  }

  @Override
  public void createFolder(String location) throws IOException {
    if (!at(location, FileSystem::mkdirs)) {
      throw new IOException("the folder cannot be created");
    }
  }

  @Override
  public void delete(String location) throws IOException {
    at(location, (files, path) -> files.delete(path, false));
  }

  @Override
  public void write(String location, Storage.Content content) throws IOException {
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
   * The folder is created under another name and renamed: a rename fails if the folder exists,
   * mkdirs does not.
   */
  @Override
  public boolean createNewFolder(String location) throws IOException {
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
   * Appends only to a file that exists. Object stores do not append, and small clusters refuse to
   * because they have too few replicas.
   */
  @Override
  public boolean append(String location, byte[] bytes) throws IOException {
    return at(
        location,
        (files, file) -> {
          if (neverAppends.contains(files.getUri()) || !files.exists(file)) {
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
      // Cleaning up must not make a write fail; the write itself reports what matters.
    }
  }
}
