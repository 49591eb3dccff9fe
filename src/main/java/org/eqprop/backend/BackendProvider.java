package org.eqprop.backend;

import java.util.ServiceLoader;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.network.Network;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Computes relaxations, either with kernels for {@link org.eqprop.dynamics.KernelRelaxer} or with
 * its own relaxer. Discovered through {@link ServiceLoader}: list the class in {@code
 * META-INF/services}; its {@link #name} is then a valid value of {@code backend}.
 */
public interface BackendProvider {
  /** Returns its name in configurations, in lower case. */
  String name();

  /**
   * Returns how strongly {@link Backend#AUTO} prefers it to other backends that can compute; below
   * 0 if it is only used when it is named explicitly.
   */
  int preference();

  /** Returns why it cannot compute in this process, in one line; null if it can. */
  @Nullable String problem();

  /**
   * Returns which part of a network it cannot compute, and what it can compute; null if it supports
   * the whole network.
   */
  @Nullable String unsupported(Network network);

  /**
   * Returns whether its relaxers can simulate imperfect hardware, that is, whether {@link
   * Relaxer#disturb} works.
   */
  default boolean simulatesDevices() {
    return false;
  }

  /** Returns whether it supports a number type, FLOAT or DOUBLE. */
  boolean computes(DataType type);

  /**
   * Describes what computes: the library and its kernels, or the GPU. Only called if it can
   * compute.
   */
  String description();

  /**
   * Returns what determines how results are rounded: processes that return the same text compute
   * bit-identical results. Only called if it can compute.
   */
  String kernels();

  /**
   * Creates a relaxer with zero parameters. Only called if it can compute what is requested.
   *
   * @param type of the numbers
   * @param center m: the first layer learns from x − m; see {@link Relaxer#learn}
   */
  Relaxer relaxer(Network network, Relaxation relaxation, DataType type, InputCenter center);
}
