package org.eqprop.distributed;

import org.apache.spark.SparkEnv;
import org.eqprop.data.InputException;
import org.eqprop.model.OpenBlas;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An executor's native libraries: loaded once, and named in its log. */
final class NativeLibraries {
  private static final Logger LOG = LoggerFactory.getLogger(NativeLibraries.class);
  private static final @Nullable String PROBLEM = load();

  private NativeLibraries() {}

  /** Returns why this executor cannot compute, in one line; null if it can. */
  static @Nullable String problem() {
    return PROBLEM;
  }

  private static @Nullable String load() {
    String executor = SparkEnv.get().executorId();
    try {
      OpenBlas blas = OpenBlas.load();
      LOG.info("executor {}: OpenBLAS, {}", executor, blas.description());
      return null;
    } catch (LinkageError e) {
      String platform = System.getProperty("os.name") + " " + System.getProperty("os.arch");
      return "executor "
          + executor
          + ": the native library of OpenBLAS cannot be loaded on "
          + platform
          + " ("
          + InputException.reason(e)
          + "): expected a job jar that is built for that platform (-Dnative.platform=…), and a cache folder that can"
          + " be written (org.bytedeco.javacpp.cachedir)";
    }
  }
}
