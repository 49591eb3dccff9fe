package org.eqprop.storage;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** One kind of file system. Every failure is an {@link IOException} that says why, not where. */
interface Volume {
  /** The size of a file whose size is unknown before it is read. */
  long UNKNOWN = -1;

  /**
   * Opens a file, starting at a byte.
   *
   * @throws java.io.FileNotFoundException or NoSuchFileException if there is no such file
   */
  InputStream open(String location, long from) throws IOException;

  /** Returns the size of a file in bytes; {@link #UNKNOWN} if it is not a plain file. */
  long size(String location) throws IOException;

  /** Returns whether a file or folder exists. */
  boolean exists(String location) throws IOException;

  /** Returns the names of the files and folders in a folder, in any order. */
  List<String> list(String folder) throws IOException;

  /** Creates a folder and its parents; does nothing if it exists. */
  void createFolder(String location) throws IOException;

  /** Creates a folder and its parents; returns false if something exists there already. */
  boolean createNewFolder(String location) throws IOException;

  /** Deletes a file if it exists. */
  void delete(String location) throws IOException;

  /** Writes a file atomically: a reader sees the old content or the new, never a part. */
  void write(String location, Storage.Content content) throws IOException;

  /**
   * Appends to a file; returns when the data are on the disk.
   *
   * @param bytes not modified
   * @return false if this volume cannot append, now or ever
   */
  boolean append(String location, byte[] bytes) throws IOException;
}
