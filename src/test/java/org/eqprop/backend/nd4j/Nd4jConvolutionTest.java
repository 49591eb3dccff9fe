package org.eqprop.backend.nd4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.eqprop.backend.TrackedKernels;
import org.eqprop.data.InputCenter;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.ClampedLink;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.Convolution;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Network;
import org.eqprop.network.Pooling;
import org.eqprop.network.Range;
import org.eqprop.network.SquaredError;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class Nd4jConvolutionTest {
  private static Layer layer(Convolution link) {
    return new Layer(link.output(), Range.HARD_SIGMOID, 1);
  }

  private static Network network() {
    var max = new Convolution(Shape.image(12, 12), 2, 3, 1, 0, Pooling.MAX, 2);
    var average = new Convolution(max.output(), 2, 2, 1, 0, Pooling.AVERAGE, 2);
    var none = Convolution.plain(average.output(), 2, 2, 1, 1);
    var dense = new Dense(none.outputs(), 3);
    return new Network(
        max.input(),
        List.of(layer(max), layer(average), layer(none), new Layer(3)),
        List.of(max, average, none, dense),
        new SquaredError());
  }

  private static final Set<Package> KERNELS =
      Set.of(Nd4jConvolution.class.getPackage(), ClampedLink.class.getPackage());

  /** Adds the arrays of a kernel and of its parts. */
  private static void addArrays(Object object, List<INDArray> arrays) throws Exception {
    if (object instanceof INDArray array) {
      arrays.add(array);
    } else if (object instanceof Iterable<?> several) {
      for (Object each : several) {
        addArrays(each, arrays);
      }
    } else if (KERNELS.contains(object.getClass().getPackage())) {
      for (Field field : object.getClass().getDeclaredFields()) {
        field.setAccessible(true);
        addArrays(field.get(object), arrays);
      }
    }
  }

  @Test
  void closingFreesTheMemoryOutsideTheHeap() throws Exception {
    Network network = network();
    var tracked = new TrackedKernels<>(new Nd4jKernels(network, DataType.FLOAT, InputCenter.NONE));
    tracked.use(network, new Relaxation(Schedule.EVEN_ODD, 0.5, 2, 2, 0, NudgedStart.FREE));
    assertThat(tracked.links()).hasSize(2 * 4); // batches of two sizes
    List<INDArray> arrays = new ArrayList<>();
    for (Object link : tracked.links()) {
      addArrays(link, arrays);
    }
    assertThat(arrays).hasSizeGreaterThan(200).allMatch(INDArray::wasClosed);
  }
}
