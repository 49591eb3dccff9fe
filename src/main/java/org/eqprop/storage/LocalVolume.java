package org.eqprop.storage;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The local file system. */
final class LocalVolume implements Volume {
  private final Pipes pipes = new Pipes();

  @Override
  public InputStream open(String location, long from) throws IOException {
    return skipped(from, pipes.open(LocalPath.of(location)));
  }

  /** Skips the first bytes of a stream and returns it; closes it if it has fewer. */
  static InputStream skipped(long bytes, InputStream in) throws IOException {
    try {
      in.skipNBytes(bytes);
      return in;
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  @Override
  public long size(String location) throws IOException {
    Path file = LocalPath.of(location);
    return Files.isRegularFile(file) ? Files.size(file) : UNKNOWN;
  }

  @Override
  public boolean exists(String location) {
    return Files.exists(LocalPath.of(location));
  }

  @Override
  public List<String> list(String folder) throws IOException {
    try (Stream<Path> files = Files.list(LocalPath.of(folder))) {
      return files.map(file -> file.getFileName().toString()).toList();
    } catch (UncheckedIOException e) { // the disk failed between two names
      throw e.getCause();
    }
  }

  @Override
  public void createFolder(String location) throws IOException {
    Files.createDirectories(LocalPath.of(location));
  }

  @Override
  public boolean createNewFolder(String location) throws IOException {
    return LocalFiles.createNewFolder(LocalPath.of(location));
  }

  @Override
  public void delete(String location) throws IOException {
    Files.deleteIfExists(LocalPath.of(location));
  }

  @Override
  public void write(String location, Storage.Content content) throws IOException {
    LocalFiles.write(LocalPath.of(location), content);
  }

  @Override
  public boolean append(String location, byte[] bytes) throws IOException {
    LocalFiles.append(LocalPath.of(location), bytes);
    return true;
  }
}
