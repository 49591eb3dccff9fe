package org.eqprop.backend.nd4j;

import org.eqprop.backend.blas.OpenBlas;
import org.eqprop.backend.cuda.CudaDevice;
import org.eqprop.backend.cuda.CudaException;
import org.eqprop.base.InputException;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.factory.Nd4j;

/** ND4J's own backend for GPUs, which only the job jar of {@code mvn package -Pcuda} contains. */
public final class Nd4jCuda {
  private static final String BACKEND = "org.nd4j.linalg.jcublas.JCublasBackend";

  /** ND4J's kernels are machine code for these compute capabilities, and cannot be recompiled. */
  private static final double LOWEST = 3.7;

  private static final double HIGHEST = 8.6;

  private Nd4jCuda() {}

  /** Returns whether it is on the class path. */
  public static boolean isPresent() {
    return Nd4jCuda.class.getResource("/" + BACKEND.replace('.', '/') + ".class") != null;
  }

  /** Returns why it cannot compute here, in one line; null if it can. Loads ND4J. */
  public static @Nullable String problem() {
    return Load.PROBLEM;
  }

  private static final class Load {
    private static final @Nullable String PROBLEM = load();

    private static @Nullable String load() {
      try {
        CudaDevice device = CudaDevice.of(0);
        String unsupported = unsupported(device.name(), device.capability());
        if (unsupported != null) {
          return unsupported;
        }
        OpenBlas.load(); // before ND4J loads it, so that both run the same kernels
        String chosen = Nd4j.getBackend().getClass().getName();
        OpenBlas.load().useOneThread();
        return chosen.equals(BACKEND) ? null : unloadable("ND4J chose " + chosen);
      } catch (CudaException e) {
        return e.getMessage();
      } catch (RuntimeException | LinkageError e) { // whatever its libraries throw
        return unloadable(InputException.reason(e));
      }
    }
  }

  private static String unloadable(String reason) {
    return "ND4J's library for GPUs cannot be loaded ("
        + reason
        + "): expected CUDA 11.6 and cuDNN 8 on LD_LIBRARY_PATH";
  }

  /**
   * Returns why ND4J has no kernels for a GPU; null if it has.
   *
   * @param capability such as {@code 9.0}
   */
  public static @Nullable String unsupported(String name, String capability) {
    double value = Double.parseDouble(capability);
    return value >= LOWEST && value <= HIGHEST
        ? null
        : "ND4J has no kernels for "
            + name
            + " (compute capability "
            + capability
            + "): expected "
            + LOWEST
            + " to "
            + HIGHEST
            + ", such as V100 to A100";
  }
}
