package org.eqprop.ml;

import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.eqprop.Idx;
import org.eqprop.SharedSpark;
import org.eqprop.Submit;
import org.eqprop.base.InputException;
import org.eqprop.base.Slice;
import org.eqprop.data.ExampleSource;
import org.eqprop.data.Examples;
import org.eqprop.data.Shape;
import org.eqprop.data.TableSource;
import org.eqprop.model.ModelFile;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests tables as data for the command line. */
class TablesIT {
  private static final SparkSession SPARK =
      SparkSession.builder().sparkContext(SharedSpark.context().sc()).getOrCreate();

  @TempDir Path folder;

  private static TableSource table(Path path, String reader, List<String> features, String label) {
    List<String> options = List.of("header=true", "inferSchema=true");
    return new TableSource(path.toString(), reader, options, features, label, false);
  }

  private static ExampleSource opened(TableSource table, int... shape) {
    return table.opened(new Shape(shape[0], shape[1], shape[2]));
  }

  private static Examples all(ExampleSource source) {
    int size = source.header(Storage.local()).examples();
    return source.read(Storage.local(), new Slice(0, size));
  }

  /** Returns examples as sorted texts, since the order of the rows follows from a hash. */
  private static List<String> texts(Examples examples) {
    return IntStream.range(0, examples.size())
        .mapToObj(i -> examples.label(i) + Arrays.toString(examples.values(i)))
        .sorted()
        .toList();
  }

  private Path csv(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void makesFeaturesOfColumnsInTheGivenOrder() throws IOException {
    Path file = csv("t.csv", "a,b,kind,name\n0.5,1,2,x\n0,0.25,0,y\n");

    ExampleSource chosen = opened(table(file, "auto", List.of("b", "a"), "kind"), 1, 1, 2);

    assertThat(texts(all(chosen))).containsExactly("0[0.25, 0.0]", "2[1.0, 0.5]");
    assertThat(chosen.header(Storage.local()).classes()).hasValue(3);
    assertThatThrownBy(() -> opened(table(file, "auto", List.of(), "kind"), 1, 1, 2))
        .isInstanceOf(InputException.class)
        .hasMessage(
            file
                + ": column name is of type string: expected numbers, vectors, bytes or images;"
                + " choose the feature columns with data.table.features (--features); CSV has numbers"
                + " with --option inferSchema=true");
  }

  @Test
  void ordersRowsTheSameHoweverTheyAreSplit() {
    Dataset<Row> rows =
        SPARK.range(200).select(col("id").mod(7).as("label"), col("id").divide(200).as("x"));
    Path one = folder.resolve("one.parquet");
    Path many = folder.resolve("many.parquet");
    rows.coalesce(1).write().parquet(one.toString());
    rows.repartition(9, col("label")).write().parquet(many.toString());

    Examples first = all(opened(table(one, "auto", List.of(), "label"), 1, 1, 1));
    Examples second = all(opened(table(many, "auto", List.of(), "label"), 1, 1, 1));

    assertThat(first.size()).isEqualTo(200);
    int[] given = IntStream.range(0, 200).map(i -> i % 7).toArray();
    assertThat(IntStream.range(0, 200).map(first::label).toArray()).isNotEqualTo(given);
    for (int i = 0; i < 200; i++) {
      assertThat(second.label(i)).isEqualTo(first.label(i));
      assertThat(second.values(i)).isEqualTo(first.values(i));
    }
  }

  @Test
  void readsLibsvmImagesBytesAndArrays() throws IOException {
    Path svm = csv("t.libsvm", "1 1:0.5 3:1\n0 2:0.25\n");
    assertThat(texts(all(opened(table(svm, "auto", List.of(), "label"), 1, 1, 3))))
        .containsExactly("0[0.0, 0.25, 0.0]", "1[0.5, 0.0, 1.0]");

    Path images = folder.resolve("images");
    BufferedImage picture = new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB);
    picture.setRGB(2, 1, 0xff3366);
    Files.createDirectories(images.resolve("label=4"));
    ImageIO.write(picture, "png", images.resolve("label=4/p.png").toFile());
    Examples read = all(opened(table(images, "image", List.of("image"), "label"), 3, 2, 3));
    assertThat(read.shape()).isEqualTo(new Shape(3, 2, 3));
    assertThat(read.label(0)).isEqualTo(4);
    float[] expected = new float[18];
    expected[5] = 1;
    expected[11] = 0x33 / 255f;
    expected[17] = 0x66 / 255f;
    assertThat(read.values(0)).containsExactly(expected);

    Path bytes = folder.resolve("bytes");
    Files.createDirectories(bytes.resolve("label=1"));
    Files.write(bytes.resolve("label=1/a.raw"), new byte[] {0, 51, (byte) 255});
    assertThat(texts(all(opened(table(bytes, "binaryFile", List.of("content"), "label"), 1, 1, 3))))
        .containsExactly("1[0.0, 0.2, 1.0]");

    Path arrays = folder.resolve("arrays.json");
    Files.writeString(arrays, "{\"x\": [0.5, 1], \"y\": true, \"label\": 1}\n");
    assertThat(texts(all(opened(table(arrays, "auto", List.of("x", "y"), "label"), 1, 1, 3))))
        .containsExactly("1[0.5, 1.0, 1.0]");
  }

  @Test
  void refusesUnusableTablesInOneLine() throws IOException {
    Path file = csv("t.csv", "a,b,label\n0.5,1.5,2\n0,,0\n");
    List<List<Object>> bad =
        List.of(
            List.of(
                table(file, "auto", List.of(), "class"),
                ": no column class for the label: expected one of a, b, label; choose it with data.table.label (--label); CSV has names with --option header=true"),
            List.of(
                table(file, "auto", List.of("c"), "label"),
                ": no column c: expected one of a, b, label"),
            List.of(
                table(file, "auto", List.of("b"), "label"),
                ": column b has a null: expected a value in every row"),
            List.of(
                table(file, "auto", List.of("a"), "a"),
                ": column label has 0.5: expected classes, whole numbers from 0; convert anything else with StringIndexer"),
            List.of(
                table(file, "no.such.Reader", List.of("a"), "label"),
                ": Spark cannot read it as no.such.Reader ("));
    for (List<Object> each : bad) {
      assertThatThrownBy(() -> opened((TableSource) each.get(0), 1, 1, 1))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith(file + (String) each.get(1));
    }
    assertThatThrownBy(
            () -> opened(table(folder.resolve("t.xyz"), "auto", List.of(), "label"), 1, 1, 1))
        .hasMessage(
            folder.resolve("t.xyz")
                + ": its name does not show its format: expected data.table.reader (--reader), such as csv, json, libsvm, orc, parquet, image or binaryFile");
    assertThatThrownBy(
            () -> opened(table(folder.resolve("no.csv"), "auto", List.of(), "label"), 1, 1, 1))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(folder.resolve("no.csv") + ": Spark cannot read it as csv (");
    assertThatThrownBy(
            () ->
                new TableSource(
                        file.toString(), "auto", List.of("header"), List.of(), "label", false)
                    .opened(Shape.vector(1)))
        .hasMessageEndingWith(
            "data.table.options = [header]: expected KEY=VALUE, such as header=true");
    Path wide = csv("wide.csv", "a,label\n3,1\n");
    assertThatThrownBy(() -> opened(table(wide, "auto", List.of(), "label"), 1, 1, 1))
        .hasMessage(
            wide
                + ": column a has 3.0 at index 0: expected numbers from 0 to 1; scale others with MinMaxScaler, or those of a table with network.mean = auto and network.deviation = auto");
  }

  @Test
  void trainsResumesEvaluatesAndPredictsOnATable() throws Exception {
    Idx.quadrants(folder, 330, 1);
    ClassifierIT.frame(Idx.quadrants(330, 1), 3)
        .drop("id")
        .write()
        .parquet(folder.resolve("t.parquet").toString());
    Submit submit = new Submit(folder, "local[2]");
    String[] train = {
      "--data",
      "t.parquet",
      "--test-data",
      "t.parquet",
      "--set",
      "topology=[16,12,4]",
      "--set",
      "training.learning-rates=[0.3,0.2]",
      "--set",
      "data.validation=30",
      "--replicas",
      "2",
      "--epochs",
      "6"
    };
    Submit.Run whole = submit.run("train", with(train, "--out", "whole"));
    assertThat(whole.err()).isEmpty();
    assertThat(whole.code()).as(whole.out()).isZero();
    assertThat(folder.resolve("whole/report.html")).isNotEmptyFile();

    try (var files = Files.list(folder.resolve("whole/checkpoints"))) {
      Files.delete(files.sorted().reduce((a, b) -> b).orElseThrow());
    }
    float[] expected = weights("whole");
    Files.delete(folder.resolve("whole/result.json"));
    assertThat(submit.run("train", "--resume", "whole").code()).isZero();
    assertThat(weights("whole")).isEqualTo(expected);

    Submit.Run evaluated = submit.run("evaluate", "--model", "whole");
    assertThat(evaluated.out()).startsWith("test error ").contains(" of 330 wrong");
    assertThat(evaluated.err()).isEmpty();
    Submit.Run predicted = submit.run("predict", "--model", "whole", "--index", "0-2");
    assertThat(predicted.out().lines()).hasSize(4);

    Submit.Run alone = submit.run("train", "--data", "t.parquet");
    assertThat(alone.code()).isNotZero();
    assertThat(alone.err())
        .isEqualTo("eqprop: --data t.parquet: expected --test-data as well, the rows to test on\n");
    Submit.Run wrong =
        submit.run("train", "--data", "t.parquet", "--test-data", "t.parquet", "--out", "wrong");
    assertThat(wrong.code()).isNotZero();
    assertThat(wrong.err())
        .startsWith("eqprop: " + folder.toRealPath().resolve("t.parquet") + ", column features has")
        .hasLineCount(1);
    assertThat(folder.resolve("wrong")).doesNotExist();
  }

  private float[] weights(String run) {
    return ModelFile.read(Storage.local(), folder.resolve(run + "/model.safetensors").toString())
        .weights()
        .values();
  }

  private static String[] with(String[] args, String... more) {
    String[] all = Arrays.copyOf(args, args.length + more.length);
    System.arraycopy(more, 0, all, args.length, more.length);
    return all;
  }
}
