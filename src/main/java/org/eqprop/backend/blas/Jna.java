package org.eqprop.backend.blas;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import java.io.File;
import java.io.IOException;
import org.bytedeco.javacpp.Loader;
import org.eqprop.base.InputException;
import org.jspecify.annotations.Nullable;

/**
 * Loads JNA from JavaCPP's cache folder. JNA itself would unpack its native library to the
 * temporary folder, where it cannot be loaded if that is mounted {@code noexec}. OpenBLAS is loaded
 * from JavaCPP's cache, too: wherever OpenBLAS can be loaded, so can JNA.
 */
public final class Jna {
  private static final String FOLDER = "jna.boot.library.path";
  private static final String NO_UNPACKING = "jna.nounpack";

  private Jna() {}

  /** Loads JNA. If this fails, returns the reason and the remedy in one line; otherwise null. */
  public static @Nullable String load() {
    String folder = System.getProperty(FOLDER) == null ? cacheFolder() : null;
    if (folder != null) {
      System.setProperty(FOLDER, folder);
      System.setProperty(NO_UNPACKING, "true"); // else it warns if it has no temporary folder
    }
    try {
      Class.forName(Native.class.getName());
      return null;
    } catch (ClassNotFoundException | LinkageError e) {
      return "JNA cannot be loaded ("
          + InputException.reason(e)
          + "): set -Djna.tmpdir=FOLDER to a folder in which files can be executed, with"
          + " --driver-java-options and spark.executor.extraJavaOptions";
    } finally {
      if (folder != null) {
        System.clearProperty(FOLDER);
        System.clearProperty(NO_UNPACKING);
      }
    }
  }

  /**
   * Returns the cache folder that contains JNA's library; null if the library cannot be copied
   * there.
   */
  private static @Nullable String cacheFolder() {
    String name = System.mapLibraryName("jnidispatch").replace(".dylib", ".jnilib");
    try {
      File library =
          Loader.cacheResource(
              Native.class, "/com/sun/jna/" + Platform.RESOURCE_PREFIX + "/" + name);
      return library == null ? null : library.getParent();
    } catch (IOException e) {
      return null; // JNA may still unpack it itself
    }
  }
}
