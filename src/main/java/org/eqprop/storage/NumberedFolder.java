package org.eqprop.storage;

import org.eqprop.base.InputException;

/** Folders that are named by the second in which a program starts, so that several may want one. */
public final class NumberedFolder {
  private static final int MOST = 1000;

  private NumberedFolder() {}

  /**
   * Creates a folder that nobody else has: the one asked for, or else the first of {@code -2},
   * {@code -3}, … behind its name that is free.
   *
   * @return where it is
   * @throws InputException if it cannot be created, or a thousand of them are taken
   */
  public static String create(Storage storage, String location) {
    String name = location;
    for (int number = 2; !storage.createNewFolder(name); number++) {
      if (number > MOST) {
        throw new InputException(
            location
                + ": cannot be written: it and "
                + MOST
                + " numbered folders beside it exist already");
      }
      name = location + "-" + number;
    }
    return name;
  }
}
