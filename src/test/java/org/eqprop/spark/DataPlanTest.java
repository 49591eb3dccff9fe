package org.eqprop.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.eqprop.Idx;
import org.eqprop.base.InputException;
import org.eqprop.base.Slice;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.DataSettings;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.ExampleSource;
import org.eqprop.data.Examples;
import org.eqprop.data.MemorySource;
import org.eqprop.data.Shape;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Network;
import org.eqprop.network.SquaredError;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;

class DataPlanTest {
  private static DataPlan plan(String... assignments) {
    ConfigurationReader reader = new ConfigurationReader();
    for (String assignment : assignments) {
      reader = reader.set(assignment);
    }
    return DataPlan.inspect(Storage.local(), reader.read());
  }

  @Test
  void holdsOutTheLastTrainingExamples() {
    DataPlan plan = plan();
    assertThat(plan.training()).isEqualTo(new Slice(0, 50_000));
    assertThat(plan.validation()).isEqualTo(new Slice(50_000, 60_000));
    assertThat(plan.test()).isEqualTo(new Slice(0, 10_000));
    assertThat(plan("data.validation=0").training().size()).isEqualTo(60_000);
    assertThatThrownBy(() -> plan("data.validation=60000"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("data.validation = 60000: expected fewer than the 60000 examples");
  }

  @Test
  void partitionsOfASetAreItsSlices() {
    DataPlan plan = plan();
    Storage storage = Storage.local();
    Examples second = plan.read(storage, Split.VALIDATION, 1, 3);
    assertThat(second.size()).isEqualTo(3333);
    Examples whole = plan.read(storage, Split.VALIDATION, 0, 1);
    assertThat(second.label(0)).isEqualTo(whole.label(3333));
  }

  @Test
  void refusesImagesOfAnotherSizeThanTheFirstLayer() {
    assertThatThrownBy(() -> plan("topology=[100, 50, 10]"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "classpath:mnist/train-images-idx3-ubyte.gz has images of 28 × 28 = 784 pixels:"
                + " expected 100, the input of the network 100-50-10");
  }

  @Test
  void refusesASourceThatDoesNotFitTheNetwork() {
    ExampleSource source = new MemorySource("given", Idx.quadrants(20, 1));
    DataSettings data = new DataSettings(source, source, 5);
    Storage storage = Storage.local();
    assertThatThrownBy(() -> DataPlan.inspect(storage, data, Network.of(15, 8, 4)))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "given has images of 4 × 4 = 16 pixels: expected 15, the input of the network"
                + " 15-8-4");
    assertThatThrownBy(() -> DataPlan.inspect(storage, data, Network.of(16, 8, 3)))
        .isInstanceOf(InputException.class)
        .hasMessage("given has 4 classes: expected at most 3, the outputs of the network 16-8-3");
    DataPlan plan = DataPlan.inspect(storage, data, Network.of(16, 8, 5));
    assertThat(plan.training()).isEqualTo(new Slice(0, 15));
    assertThat(plan.size(Split.TEST)).isEqualTo(20);
    assertThat(plan.read(storage, Split.VALIDATION, 1, 2).values(0))
        .isEqualTo(Idx.quadrants(20, 1).values(17));
  }

  @Test
  void refusesImagesOfAnotherShapeThanTheInput() {
    ExampleSource source = new MemorySource("given", Idx.quadrants(20, 1));
    DataSettings data = new DataSettings(source, source, 5);
    Storage storage = Storage.local();
    List<Layer> layers = List.of(new Layer(4));
    for (Shape shape : List.of(Shape.image(4, 4), Shape.vector(16))) {
      Network network = new Network(shape, layers, List.of(new Dense(16, 4)), new SquaredError());
      assertThat(DataPlan.inspect(storage, data, network).size(Split.TEST)).isEqualTo(20);
    }
    Network other =
        new Network(new Shape(4, 2, 2), layers, List.of(new Dense(16, 4)), new SquaredError());
    assertThatThrownBy(() -> DataPlan.inspect(storage, data, other))
        .isInstanceOf(InputException.class)
        .hasMessage("given has images of 4 × 4: expected 4 × 2 × 2, as network.input says");
  }

  @Test
  void refusesPartitionsWithoutABatch() {
    DataPlan plan = plan();
    assertThatCode(() -> plan.checkReplicas(2500, batches(20, 0))).doesNotThrowAnyException();
    assertThatThrownBy(() -> plan.checkReplicas(2501, batches(20, 0)))
        .hasMessageStartingWith(
            "training.batch = 20: expected at most 19, the examples of a partition");
    assertThatThrownBy(() -> plan.checkReplicas(50_001, batches(1, 0)))
        .hasMessage("averaging.replicas = 50001: expected at most the 50000 training examples");
    assertThatThrownBy(() -> plan.checkReplicas(51, batches(20, 50)))
        .hasMessage(
            "training.batches-per-epoch = 50: expected 0 (all), or at least one batch for each of"
                + " the 51 replicas");
  }

  @Test
  void acceptsAsManyReplicasAsExamplesOrBatches() {
    DataPlan plan = plan();
    assertThatCode(() -> plan.checkReplicas(50_000, batches(1, 0))).doesNotThrowAnyException();
    assertThatCode(() -> plan.checkReplicas(50, batches(20, 50))).doesNotThrowAnyException();
  }

  @Test
  void countsTheBatchesOfEveryPartition() {
    DataPlan plan = plan("data.validation=59950"); // 50 examples for training: 16, 17, 17
    assertThat(plan.batches(3, batches(8, 0))).containsExactly(2, 3, 3);
    assertThat(plan.batches(3, batches(8, 4))).containsExactly(1, 1, 2);
    assertThat(plan.batches(1, batches(8, 0))).containsExactly(7);
  }

  @Test
  void drawsTheSameExamplesForTheSameSeed() {
    DataPlan plan = plan();
    byte[] drawn = Idx.labelsOf(plan.draw(Storage.local(), Split.TEST, 40, 1));
    assertThat(drawn).hasSize(40);
    assertThat(Idx.labelsOf(plan.draw(Storage.local(), Split.TEST, 40, 1))).isEqualTo(drawn);
    assertThat(Idx.labelsOf(plan.draw(Storage.local(), Split.TEST, 40, 2))).isNotEqualTo(drawn);
  }

  private static Hyperparameters batches(int batch, int batchesPerEpoch) {
    return new Hyperparameters(1, batch, List.of(0.1, 0.1), 1, batchesPerEpoch, 1);
  }

  @Test
  void usesOneReplicaPerCoreAsLongAsEachHasABatch() {
    DataPlan plan = plan();
    assertThat(plan.defaultReplicas(16, batches(20, 0))).isEqualTo(16);
    assertThat(plan.defaultReplicas(16, batches(10_000, 0))).isEqualTo(5);
    assertThat(plan.defaultReplicas(16, batches(20, 3))).isEqualTo(3);
    assertThat(plan.defaultReplicas(16, batches(60_000, 0))).isEqualTo(1);
  }

  @Test
  void needsOnlyTheFilesOfTheInspectedSet() {
    RunConfiguration configuration =
        new ConfigurationReader()
            .set("data.train-images=none")
            .set("data.train-labels=none")
            .read();
    DataPlan plan = DataPlan.inspect(Storage.local(), configuration, Split.TEST);
    assertThat(plan.size(Split.TEST)).isEqualTo(10_000);
    assertThat(plan.size(Split.TRAINING)).isZero();
    assertThat(plan.read(Storage.local(), Split.TRAINING, 0, 2).size()).isZero();
    plan = DataPlan.inspect(Storage.local(), new ConfigurationReader().read(), Split.VALIDATION);
    assertThat(plan.size(Split.VALIDATION)).isEqualTo(10_000);
    assertThat(plan.size(Split.TRAINING) + plan.size(Split.TEST)).isZero();
    int[] some = {4000, 1, 0, 1, 77, 9999, 77, 77, 3};
    Examples picked = plan.pick(Storage.local(), Split.VALIDATION, some);
    Examples all = plan.read(Storage.local(), Split.VALIDATION, 0, 1);
    for (int i = 0; i < some.length; i++) {
      assertThat(picked.label(i)).isEqualTo(all.label(some[i]));
      assertThat(picked.values(i)).isEqualTo(all.values(some[i]));
    }
    Examples two = plan.pick(Storage.local(), Split.VALIDATION, 1, 0);
    Examples slice = plan.read(Storage.local(), Split.VALIDATION, 0, 5000);
    assertThat(IntStream.range(0, 2).map(two::label))
        .containsExactly(slice.label(1), slice.label(0));
  }
}
