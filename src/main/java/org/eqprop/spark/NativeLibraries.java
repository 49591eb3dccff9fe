package org.eqprop.spark;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkEnv;
import org.eqprop.backend.Backend;
import org.eqprop.backend.blas.OpenBlas;
import org.eqprop.base.InputException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The native libraries that a process computes with: loaded once, and named in its log. */
final class NativeLibraries {
  private static final Logger LOG = LoggerFactory.getLogger(NativeLibraries.class);
  private static final @Nullable String UNLOADABLE = load();
  private static final Set<String> TOLD = ConcurrentHashMap.newKeySet();

  private NativeLibraries() {}

  /**
   * Checks that this process can compute, on the GPU of the calling thread's place if that is a
   * GPU.
   *
   * @throws InputException if it cannot
   */
  static void check(Backend backend) {
    String problem = UNLOADABLE == null ? backend.problem() : UNLOADABLE;
    SparkEnv spark = SparkEnv.get();
    String place = spark == null ? "" : "executor " + spark.executorId() + ": ";
    if (problem != null) {
      throw new InputException(place + problem);
    }
    String description = backend.description();
    if (TOLD.add(description)) {
      LOG.info("{}{}", place, description);
    }
  }

  private static @Nullable String load() {
    try {
      OpenBlas.load();
      return null;
    } catch (LinkageError e) {
      String platform = System.getProperty("os.name") + " " + System.getProperty("os.arch");
      return "the native library of OpenBLAS cannot be loaded on "
          + platform
          + " ("
          + InputException.reason(e)
          + "): expected a job jar built for that platform (-Dnative.platform=…), and a writable"
          + " cache folder (org.bytedeco.javacpp.cachedir)";
    }
  }
}
