package org.eqprop.backend;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.KernelRelaxer;
import org.eqprop.dynamics.Kernels;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/** A backend's kernels that record all memory and kernels of links that they hand out. */
public final class TrackedKernels<V, W> {
  private final Kernels<V, W> kernels;
  private final List<V> states = new ArrayList<>();
  private final List<W> parameters = new ArrayList<>();
  private final List<Object> links = new ArrayList<>();
  private final List<Integer> moved = new ArrayList<>();

  @SuppressWarnings("unchecked")
  public TrackedKernels(Kernels<V, W> real) {
    this.kernels =
        (Kernels<V, W>)
            Proxy.newProxyInstance(
                Kernels.class.getClassLoader(),
                new Class<?>[] {Kernels.class},
                (proxy, method, arguments) -> {
                  try {
                    method.setAccessible(true);
                    if (method.getName().equals("move") && arguments[5] != null) {
                      moved.add(((double[]) arguments[5]).length);
                    }
                    Object result = method.invoke(real, arguments);
                    if (method.getName().equals("states")) {
                      states.add((V) result);
                    } else if (method.getName().equals("parameters")) {
                      parameters.add((W) result);
                    } else if (method.getName().matches("link|clamped")) {
                      links.add(result);
                    }
                    return result;
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
  }

  /** Relaxes batches of two sizes, and closes the relaxer. */
  public void use(Network network, Relaxation relaxation) {
    try (var relaxer = new KernelRelaxer<>(network, relaxation, kernels)) {
      for (int size : new int[] {2, 3}) {
        relaxer.clamp(Nd4j.zeros(DataType.FLOAT, size, network.inputs()), new int[size]);
        relaxer.relaxFree();
        double[] c = ParameterLayout.of(network).forEveryTensor(1);
        var unused = relaxer.contrast(Equilibrium.FREE, Equilibrium.NUDGED, c);
      }
    }
  }

  /** Returns the tracked kernels. */
  public Kernels<V, W> kernels() {
    return kernels;
  }

  /** Returns the number of examples of each move of a layer in phases with a tolerance. */
  public List<Integer> moved() {
    return moved;
  }

  public List<V> states() {
    return states;
  }

  public List<W> parameters() {
    return parameters;
  }

  /** Returns the kernels of the links, including that of the clamped input. */
  public List<Object> links() {
    return links;
  }
}
