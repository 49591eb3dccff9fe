package org.eqprop.run;

import java.util.Map;
import java.util.regex.Pattern;
import org.eqprop.base.InputException;
import org.eqprop.storage.LocalPath;
import org.eqprop.storage.Storage;

/**
 * The pictures of a report, as files in a folder. A user may keep other pictures there: only files
 * with names that reports use are ever deleted, and nothing behind a symbolic link.
 */
public final class Pictures {
  private final Storage storage;
  private final String folder;
  private final Pattern ours;

  /**
   * @param storage resolves the location
   * @param folder need not exist
   * @param ours matches the names that reports use
   */
  public Pictures(Storage storage, String folder, Pattern ours) {
    this.storage = storage;
    this.folder = folder;
    this.ours = ours;
  }

  /**
   * Checks that pictures may be replaced in this folder, without changing anything.
   *
   * @throws InputException if the folder is a symbolic link
   */
  public void check() {
    if (LocalPath.isLink(folder)) {
      throw new InputException(
          folder
              + ": is a symbolic link: expected a folder, since pictures are replaced there; remove"
              + " the link");
    }
  }

  /**
   * Deletes the pictures of a previous report.
   *
   * @throws InputException if the folder is a symbolic link, or a picture cannot be deleted
   */
  public void clear() {
    check();
    for (String name : storage.list(folder)) {
      if (ours.matcher(name).matches()) {
        storage.delete(Storage.path(folder, name));
      }
    }
  }

  /**
   * Writes pictures, replacing those of a previous report.
   *
   * @param pictures contents of the files, by name
   * @throws InputException if the folder is a symbolic link, or they cannot be written
   * @throws IllegalArgumentException if reports do not use a name, so that the picture would never
   *     be deleted
   */
  public void replace(Map<String, byte[]> pictures) {
    for (String name : pictures.keySet()) {
      if (!ours.matcher(name).matches()) {
        throw new IllegalArgumentException(name + ": expected a name that matches " + ours);
      }
    }
    clear();
    storage.createFolder(folder);
    for (Map.Entry<String, byte[]> picture : pictures.entrySet()) {
      storage.writeAtomically(
          Storage.path(folder, picture.getKey()), out -> out.write(picture.getValue()));
    }
  }
}
