package org.eqprop.run;

import java.util.Map;
import java.util.regex.Pattern;
import org.eqprop.base.InputException;
import org.eqprop.storage.LocalPath;
import org.eqprop.storage.Storage;

/**
 * The pictures of a report, as files of a folder. A user may keep others there: only files of names
 * that reports give are ever deleted, and nothing behind a symbolic link.
 */
public final class Pictures {
  private final Storage storage;
  private final String folder;
  private final Pattern ours;

  /**
   * @param storage resolves the location
   * @param folder need not exist
   * @param ours names that reports give
   */
  public Pictures(Storage storage, String folder, Pattern ours) {
    this.storage = storage;
    this.folder = folder;
    this.ours = ours;
  }

  /**
   * Checks that pictures may be replaced here, changing nothing.
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
   * Deletes the pictures of a former report.
   *
   * @throws InputException if the folder is a symbolic link, or one cannot be deleted
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
   * Writes pictures in place of those of a former report.
   *
   * @param pictures files by name
   * @throws InputException if the folder is a symbolic link, or they cannot be written
   * @throws IllegalArgumentException if a name is not one that is deleted again
   */
  public void replace(Map<String, byte[]> pictures) {
    for (String name : pictures.keySet()) {
      if (!ours.matcher(name).matches()) {
        throw new IllegalArgumentException(name + ": not a name of " + ours);
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
