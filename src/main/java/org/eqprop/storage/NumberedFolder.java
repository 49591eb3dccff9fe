package org.eqprop.storage;

import org.eqprop.base.InputException;

/**
 * Folders that are named after the second in which a program starts, so that several programs may
 * want the same one.
 */
public final class NumberedFolder {
  private static final int MOST = 1000;

  private NumberedFolder() {}

  /**
   * Creates a folder that nobody else has: the given one, or if it exists, the first free one with
   * {@code -2}, {@code -3}, … appended to its name.
   *
   * @return its location
   * @throws InputException if it cannot be created, or a thousand of these folders exist already
   */
  public static String create(Storage storage, String location) {
    String name = location;
    for (int number = 2; !storage.createNewFolder(name); number++) {
      if (number > MOST) {
        throw new InputException(
            location
                + ": cannot be written: it and the numbered folders up to -"
                + MOST
                + " next to it exist already");
      }
      name = location + "-" + number;
    }
    return name;
  }
}
