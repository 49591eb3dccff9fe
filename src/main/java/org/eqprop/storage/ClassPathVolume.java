package org.eqprop.storage;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.eqprop.base.InputException;

/** The files on the class path, with the prefix {@code classpath:}; read-only. */
final class ClassPathVolume implements Volume {
  static final String PREFIX = "classpath:";

  @Override
  public InputStream open(String location, long from) throws IOException {
    InputStream in = ClassPathVolume.class.getClassLoader().getResourceAsStream(name(location));
    if (in == null) {
      throw new InputException(location + ": no such file on the class path");
    }
    return LocalVolume.skipped(from, in);
  }

  private static String name(String location) {
    return location.substring(PREFIX.length());
  }

  @Override
  public long size(String location) {
    return UNKNOWN;
  }

  @Override
  public boolean exists(String location) {
    return ClassPathVolume.class.getClassLoader().getResource(name(location)) != null;
  }

  @Override
  public List<String> list(String folder) throws IOException {
    throw new IOException("the class path has no folders");
  }

  @Override
  public void createFolder(String location) throws IOException {
    throw readOnly();
  }

  @Override
  public boolean createNewFolder(String location) throws IOException {
    throw readOnly();
  }

  @Override
  public void delete(String location) throws IOException {
    throw readOnly();
  }

  @Override
  public void write(String location, Storage.Content content) throws IOException {
    throw readOnly();
  }

  @Override
  public boolean append(String location, byte[] bytes) throws IOException {
    throw readOnly();
  }

  private static IOException readOnly() {
    return new IOException("the class path is read-only");
  }
}
