package org.eqprop.backend;

import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.KernelRelaxer;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.network.Network;
import org.nd4j.linalg.api.buffer.DataType;

/** A backend that can compute here, and one of its number types. */
public record Precision(BackendProvider backend, DataType type) {
  /** Returns all precisions that support a network. */
  public static List<Precision> of(Network network) {
    return backends(network).flatMap(Precision::types).toList();
  }

  /** Returns the finest precision of each backend that supports a network. */
  public static List<Precision> finest(Network network) {
    return backends(network).map(backend -> types(backend).findFirst().orElseThrow()).toList();
  }

  private static Stream<BackendProvider> backends(Network network) {
    return ServiceLoader.load(BackendProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(backend -> backend.problem() == null && backend.unsupported(network) == null);
  }

  private static Stream<Precision> types(BackendProvider backend) {
    return Stream.of(DataType.DOUBLE, DataType.FLOAT)
        .filter(backend::computes)
        .map(type -> new Precision(backend, type));
  }

  /** Returns the first value for float64, and the second for float32. */
  public double choose(double float64, double float32) {
    return type == DataType.DOUBLE ? float64 : float32;
  }

  /** Creates a relaxer whose states can be set. */
  public KernelRelaxer<?, ?> relaxer(Network network, Relaxation relaxation) {
    return (KernelRelaxer<?, ?>) backend.relaxer(network, relaxation, type, InputCenter.NONE);
  }

  @Override
  public String toString() {
    return backend.name() + " " + type;
  }
}
