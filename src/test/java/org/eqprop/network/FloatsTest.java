package org.eqprop.network;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class FloatsTest {
  private static final float[] VALUES = {1, 2, 3, 4, 5, 6};

  @Test
  void arraysAreRowMajor() {
    INDArray array = Floats.array(VALUES, 2, 3);
    assertThat(array).isEqualTo(Nd4j.createFromArray(new float[][] {{1, 2, 3}, {4, 5, 6}}));
    assertThat(array.ordering()).isEqualTo('c');
    assertThat(VALUES).containsExactly(1, 2, 3, 4, 5, 6);
  }

  /** For arrays of any order or type, and for views of other arrays. */
  @Test
  void elementsAreRowMajor() {
    INDArray array = Floats.array(VALUES, 2, 3);
    assertThat(Floats.of(array)).isEqualTo(VALUES);
    assertThat(Floats.of(array.dup('f'))).isEqualTo(VALUES);
    assertThat(Floats.of(array.castTo(DataType.DOUBLE))).isEqualTo(VALUES);
    assertThat(Floats.of(array.transpose())).containsExactly(1, 4, 2, 5, 3, 6);
    INDArray part = array.get(NDArrayIndex.point(1), NDArrayIndex.interval(1, 3));
    assertThat(Floats.of(part)).containsExactly(5, 6);
    assertThat(Floats.of(array)).as("not modified").isEqualTo(VALUES);
  }
}
