package org.eqprop.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import org.eqprop.Idx;
import org.eqprop.base.InputException;
import org.eqprop.base.Slice;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarSourceTest {
  private static final Shape SHAPE = new Shape(3, 32, 32);

  @TempDir Path folder;
  private final Storage storage = Storage.local();
  private CifarSource ten = new CifarSource("", CifarSource.Kind.CIFAR_10);

  /**
   * Returns records of a data set in which record i has class i mod 10 and pixels that depend on i
   * and their position.
   */
  private static byte[] records(int from, int to, int... before) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = from; i < to; i++) {
      for (int label : before) {
        bytes.write(label);
      }
      bytes.write(i % 10);
      for (int j = 0; j < 3072; j++) {
        bytes.write(pixel(i, j));
      }
    }
    return bytes.toByteArray();
  }

  private static byte pixel(int record, int place) {
    return (byte) (record * 31 + place / 1024 * 70 + place % 1024 * 7);
  }

  private static void assertRecord(Examples examples, int at, int record) {
    assertThat(examples.label(at)).isEqualTo(record % 10);
    float[] values = examples.values(at);
    for (int j = 0; j < 3072; j++) {
      assertThat(values[j]).isEqualTo((pixel(record, j) & 0xff) / 255f);
    }
  }

  private String write(String name, byte[] bytes) {
    return Idx.write(folder.resolve(name), bytes);
  }

  @BeforeEach
  void threeFiles() {
    write("data_batch_1.bin", records(0, 4));
    write("data_batch_2.bin", records(4, 5));
    write("data_batch_3.bin", records(5, 12));
    write("test_batch.bin", records(12, 13));
    ten = new CifarSource(folder + "/data_batch_*.bin", CifarSource.Kind.CIFAR_10);
  }

  @Test
  void numbersRecordsAcrossSeveralFiles() {
    assertThat(ten.header(storage))
        .isEqualTo(new ExampleSource.Header(12, SHAPE, OptionalInt.of(10)));
    for (Slice slice : new Slice[] {new Slice(0, 12), new Slice(2, 6), new Slice(4, 5)}) {
      Examples read = ten.read(storage, slice, 10);
      assertThat(read.shape()).isEqualTo(SHAPE);
      assertThat(read.size()).isEqualTo(slice.size());
      for (int i = 0; i < slice.size(); i++) {
        assertRecord(read, i, slice.from() + i);
      }
    }
  }

  @Test
  void readsListedFilesInTheirOrder() {
    String list = folder + "/data_batch_3.bin," + folder + "/data_batch_{2,1}.bin";
    CifarSource listed = new CifarSource(list, CifarSource.Kind.CIFAR_10);
    assertThat(listed.name()).isEqualTo(list);
    assertThat(listed.header(storage).examples()).isEqualTo(12);
    assertRecord(listed.read(storage, new Slice(6, 8)), 0, 11);
    assertRecord(listed.read(storage, new Slice(6, 8)), 1, 0);
    assertRecord(listed.read(storage, new Slice(11, 12)), 0, 4);
    CifarSource uri =
        new CifarSource(folder.resolve("test_batch.bin").toUri() + "", CifarSource.Kind.CIFAR_10);
    assertRecord(uri.read(storage, new Slice(0, 1)), 0, 12);
  }

  @Test
  void readsSingleExamplesInTheRequestedOrder() {
    int[] indices = {11, 0, 4, 11, 3, 4};
    Examples picked = ten.pick(storage, indices, 10);
    for (int i = 0; i < indices.length; i++) {
      assertRecord(picked, i, indices[i]);
    }
  }

  @Test
  void usesTheFineLabelOfCifar100() {
    String file = write("train.bin", records(3, 6, 19));
    CifarSource hundred = new CifarSource(file, CifarSource.Kind.CIFAR_100);
    assertThat(hundred.header(storage))
        .isEqualTo(new ExampleSource.Header(3, SHAPE, OptionalInt.of(100)));
    assertRecord(hundred.read(storage, new Slice(1, 3), 100), 1, 5);
  }

  private void refused(CifarSource source, String message) {
    assertThatThrownBy(
            () -> source.read(storage, new Slice(0, source.header(storage).examples()), 100))
        .isInstanceOf(InputException.class)
        .hasMessage(message)
        .hasMessageNotContaining("\n");
  }

  @Test
  void refusesFilesThatAreNotCifarInOneLine() {
    String other = write("other.bin", Arrays.copyOf(records(0, 2), 6000));
    refused(
        new CifarSource(other, CifarSource.Kind.CIFAR_10),
        other
            + ": 6,000 bytes: expected a multiple of 3,073 (a label and 3 × 32 × 32 pixels), as in"
            + " unpacked files of the binary version of CIFAR-10");
    String empty = write("empty.bin", new byte[0]);
    refused(
        new CifarSource(empty, CifarSource.Kind.CIFAR_100),
        empty
            + ": 0 bytes: expected a multiple of 3,074 (two labels and 3 × 32 × 32 pixels), as in"
            + " unpacked files of the binary version of CIFAR-100");
    byte[] wrong = records(0, 3);
    wrong[2 * 3073] = 77;
    String labels = write("labels.bin", wrong);
    refused(
        new CifarSource(folder + "/test_batch.bin," + labels, CifarSource.Kind.CIFAR_10),
        labels + ": label 77 of record 2: expected 0 to 9, as in the binary version of CIFAR-10");
    String coarse = write("coarse.bin", records(0, 1, 20));
    refused(
        new CifarSource(coarse, CifarSource.Kind.CIFAR_100),
        coarse + ": label 20 of record 0: expected 0 to 19, as in the binary version of CIFAR-100");
    String none = folder + "/none.bin";
    refused(new CifarSource(none, CifarSource.Kind.CIFAR_10), none + ": no such file");
    refused(
        new CifarSource(folder + "/train_*.bin", CifarSource.Kind.CIFAR_10),
        folder + "/train_*.bin: no such file");
    refused(
        new CifarSource(" , ", CifarSource.Kind.CIFAR_10),
        "no file given: expected data.train-images and data.test-images to name the binary"
            + " version of CIFAR-10");
    assertThatThrownBy(
            () ->
                new CifarSource(
                        "classpath:mnist/train-images-idx3-ubyte.gz", CifarSource.Kind.CIFAR_10)
                    .header(storage))
        .hasMessageStartingWith(
            "classpath:mnist/train-images-idx3-ubyte.gz: of unknown size: expected a multiple of");
  }

  @Test
  void refusesLabelsForWhichTheNetworkHasNoUnit() {
    assertThatThrownBy(() -> ten.read(storage, new Slice(0, 12), 9))
        .isInstanceOf(InputException.class)
        .hasMessage(
            folder
                + "/data_batch_*.bin: label 9 of example 9: expected 0 to 8 (the topology's last"
                + " layer has 9 units)");
  }
}
