package org.eqprop.storage;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Files of one kind of place. What fails is an {@link IOException} that says why, not where. */
interface Volume {
  /** The size of what has none before it is read. */
  long UNKNOWN = -1;

  /**
   * Opens a file from a byte on.
   *
   * @throws java.io.FileNotFoundException or NoSuchFileException if there is none
   */
  InputStream open(String location, long from) throws IOException;

  /** Returns how long a file is, in bytes; {@link #UNKNOWN} of what is no plain file. */
  long size(String location) throws IOException;

  /** Returns whether there is a file or folder. */
  boolean exists(String location) throws IOException;

  /** Returns the names of what is in a folder, in any order. */
  List<String> list(String folder) throws IOException;

  /** Creates a folder and those above it; does nothing if it is there. */
  void createFolder(String location) throws IOException;

  /** Creates a folder and those above it; returns false if something is there already. */
  boolean createNewFolder(String location) throws IOException;

  /** Deletes a file if it is there. */
  void delete(String location) throws IOException;

  /** Writes a file: whoever reads it finds the old content or the new, never a part. */
  void write(String location, Storage.Content content) throws IOException;

  /**
   * Appends to a file; returns when it is on the disk.
   *
   * @param bytes not modified
   * @return false if this volume cannot, now or ever
   */
  boolean append(String location, byte[] bytes) throws IOException;
}
