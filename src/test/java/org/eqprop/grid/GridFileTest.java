package org.eqprop.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.eqprop.base.InputException;
import org.eqprop.config.Hocon;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GridFileTest {
  private static Grid grid(String text) {
    return GridFiles.parse(text, "g.conf", null).grid(Storage.local());
  }

  private static List<String> labels(String text) {
    return grid(text).points().stream().map(point -> String.valueOf(point.values())).toList();
  }

  @Test
  void multipliesAxesInFileOrderWithTheLastOneFastest() {
    Grid grid =
        grid(
            """
            set { training.epochs = 4 }
            axes {
              estimator.kind = [centered, one-sided]
              estimator.beta = [0.1, 0.2]
            }
            seeds = [7, 8]
            """);
    assertThat(grid.keys()).containsExactly("estimator.kind", "estimator.beta");
    assertThat(grid.points()).hasSize(8);
    Point point = grid.points().get(3);
    assertThat(point.values()).hasToString("{estimator.kind=centered, estimator.beta=0.2}");
    assertThat(grid.label(point)).isEqualTo("kind=centered beta=0.2");
    assertThat(point.seed()).isEqualTo(8);
    assertThat(point.setting()).isOne();
    assertThat(point.configuration().spec().estimator().beta()).isEqualTo(0.2);
    assertThat(point.configuration().spec().hyperparameters().seed()).isEqualTo(8);
    assertThat(point.configuration().spec().hyperparameters().epochs()).isEqualTo(4);
    assertThat(point.configuration().averaging().replicas()).isOne();
  }

  @Test
  void spacesAxesLinearlyAndLogarithmically() {
    assertThat(labels("axes { training.decay { linspace = [0.9, 1, 3] } }"))
        .containsExactly("{training.decay=0.9}", "{training.decay=0.95}", "{training.decay=1}");
    assertThat(labels("axes { estimator.beta { logspace = [0.001, 0.1, 3] } }"))
        .containsExactly("{estimator.beta=0.001}", "{estimator.beta=0.01}", "{estimator.beta=0.1}");
  }

  @Test
  void zippedKeysChangeTogether() {
    assertThat(
            labels(
                "axes { estimator.beta = [0.1] }\n"
                    + "zip = [{ relaxation.free-steps = [5, 9], relaxation.nudged-steps = [4, 8] }]"))
        .containsExactly(
            "{estimator.beta=0.1, relaxation.free-steps=5, relaxation.nudged-steps=4}",
            "{estimator.beta=0.1, relaxation.free-steps=9, relaxation.nudged-steps=8}");
  }

  @Test
  void allowsTheTestErrorOnlyWhereNothingIsChosen() {
    String alone = "one-at-a-time { estimator.beta = [0.1, 0.2] }";
    assertThat(GridFiles.parse(alone + ", objective = test-error", "g", null).objective())
        .isEqualTo(Objective.TEST_ERROR);
    assertThatThrownBy(() -> GridFiles.parse("objective = test-error", "g", null).objective())
        .hasMessage(
            "g: objective = test-error: expected one of validation-error, validation-cost, train-error; "
                + "the test set is never used to choose (test-error is only for one-at-a-time)");
    assertThatThrownBy(
            () -> GridFiles.parse(alone + ", objective = validation-cost", "g", null).objective())
        .hasMessage(
            "g: objective = validation-cost: expected test-error, validation-error or train-error"
                + " with one-at-a-time");
    assertThatThrownBy(() -> grid("one-at-a-time { estimator.beta = [0.1] }"))
        .hasMessage("g.conf: estimator.beta = [0.1]: expected the ideal and at least one level");
    assertThatThrownBy(() -> grid("axes { estimator.beta = [0.3] }, " + alone))
        .hasMessage("g.conf: estimator.beta on two axes: expected only one");
    assertThatThrownBy(
            () -> grid("axes { estimator.beta = [0.3] }, one-at-a-time {}, objective = test-error"))
        .hasMessage("g.conf: one-at-a-time is empty: expected KEY = [ideal, level, …]");
    assertThatThrownBy(() -> grid("one-at-a-time { data.validation = [0, 1] }"))
        .hasMessageContaining("data.validation on an axis");
    GridFile halved = GridFiles.parse(alone + ", search = halving", "g", null);
    assertThatThrownBy(() -> halved.rungs(halved.grid(Storage.local())))
        .hasMessage(
            "g: search = halving together with one-at-a-time: expected full, which trains every"
                + " level");
  }

  @Test
  void aRandomSearchIsReproducibleAndStaysInItsRanges() {
    String text =
        """
        random {
          samples = 50, seed = %d
          ranges {
            estimator.beta { uniform = [0.1, 0.4] }
            training.decay { log-uniform = [0.5, 1] }
            relaxation.free-steps { integer = [3, 5] }
            estimator.kind { choice = [centered, random-sign] }
          }
        }
        """;
    List<String> once = labels(text.formatted(1));
    assertThat(once).hasSize(50).doesNotHaveDuplicates().isEqualTo(labels(text.formatted(1)));
    assertThat(labels(text.formatted(2))).isNotEqualTo(once);
    for (Point point : grid(text.formatted(1)).points()) {
      var spec = point.configuration().spec();
      assertThat(spec.estimator().beta()).isBetween(0.1, 0.4);
      assertThat(spec.hyperparameters().schedule().decay()).isBetween(0.5, 1.0);
      assertThat(spec.relaxation().freeSteps()).isBetween(3, 5);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "axis { a = [1] } | unknown key 'axis': did you mean axes?",
        "axes { } | no points: expected axes, zip, one-at-a-time or random with values",
        "axes { estimator.beta = 0.1 } | estimator.beta = 0.1: expected a non-empty list of values",
        "axes { estimator.beta = [] } | estimator.beta = []: expected a non-empty list of values",
        "axes { estimator.beta { linspace = [0, 1] } } | first, last and number of values, 2 to 100000",
        "axes { estimator.beta { logspace = [0, 1, 3] } } | both ends above 0",
        "axes { estimator.betta = [1] } | g.conf: point 1 {estimator.betta=1}: its axis: unknown key 'estimator.betta': did you mean estimator.beta?",
        "axes { estimator.beta = [0.1, 0.9] } | point 2 {estimator.beta=0.9}: ",
        "zip = [{ training.batch = [1, 2], training.decay = [1] }] | zip: training.decay has 1 values: expected 2, as training.batch has",
        "axes { estimator.beta = [0.1] }, seeds = [] | seeds = []: expected at least one, no duplicates",
        "axes { estimator.beta = [0.1] }, seeds = [1, 1] | seeds = [1, 1]: expected at least one, no duplicates",
        "axes { training.seed = [1, 2] } | training.seed on an axis: expected the key seeds for repeats",
        "axes { estimator.beta = [0.1] }, zip = [{ estimator.beta = [0.2] }] | estimator.beta on two axes: expected only one",
        "axes { estimator.beta = [0.1] }, zip = [{ }] | zip: a group without keys: expected KEY = [values] for each key",
        "axes { estimator.beta = [0.1] }, preset = mnist, conf = x | conf together with preset: expected only one of them",
        "random { samples = 0, ranges { estimator.beta { uniform = [0.1, 0.2] } } } | random.samples = 0: expected a whole number from 1",
        "random { samples = 1, ranges { estimator.beta { uniform = [0.2, 0.1] } } } | the lowest and the highest value",
        "random { samples = 1, ranges { estimator.beta { uniform = [a, b] } } } | the lowest and the highest value",
        "random { samples = 1, ranges { estimator.beta { log-uniform = [0, 1] } } } | both ends above 0",
        "random { samples = 1, range { estimator.beta { uniform = [0, 1] } } } | unknown key 'random.range': did you mean random.ranges?",
        "axes { estimator.beta = [0.1, 0.1] } | estimator.beta: duplicate value: expected distinct values",
        "axes { estimator.beta = null } | estimator.beta = null: expected a non-empty list of values",
        "axes { estimator.beta { } } | estimator.beta = {}: expected a non-empty list of values",
        "axes { training.decay { log-space = [0.9, 1, 3] } } | unknown key 'training.decay.log-space'",
        "axes { training.decay { linspace = [0.9, 1, 1e9] } } | first, last and number of values, 2 to 100000",
        "random { samples = 2, ranges { } } | random.ranges is empty",
        "random { samples = 2.5, ranges { } } | random.samples: 2.5: expected whole numbers from -2^63",
        "random { samples = 2, ranges { estimator.beta { uniform = [0.1, 0.2], choice = [0.1] } } } | estimator.beta on two axes",
        "random { samples = 2, ranges { training.batch { integer = [1.5, 3] } } } | expected whole numbers from -2^53",
        "axes { estimator.beta = [0.1] }, seeds = [1.5] | seeds: 1.5: expected whole numbers from -2^63",
        "include other.conf | g.conf: ",
        "include \"other.conf\" | g.conf: include \"other.conf\": expected all keys in one file",
        "include file(\"other.conf\") | g.conf: include file(\"other.conf\"): expected all keys in one file",
        "axes { data.validation = [1, 2] } | data.validation on an axis: expected the same examples",
        "random { samples = 3 } | g.conf: random: expected it to contain samples and ranges",
        "zip { training.batch = [1] } | zip: expected a list of groups",
        "preset = mnst, axes { estimator.beta = [0.1] } | g.conf: --preset mnst: unknown preset: did you mean mnist?",
        "axes { estimator.beta = [0.1] }, set { estmator.beta = 1 } | g.conf: 1: unknown key 'estmator.beta': did you mean estimator.beta?",
        "axes { init.model = [/m] } | g.conf: point 1 {init.model=/m}: init.model = /m: expected nothing, since a grid's points",
        "budget { hours = 3 } | unknown key 'budget.hours': expected one of budget.epochs, budget.minutes",
        "axes { estimator.beta = [0.1] }, random { samples = 1 } | random together with axes, zip or one-at-a-time: expected either random or the others",
        "random { samples = 1, ranges { estimator.beta { normal = [0, 1] } } } | uniform, log-uniform, integer or choice",
        "axes { estimator.beta = [ | g.conf: "
      })
  void refusesInvalidGridsInOneLine(String text, String expected) {
    assertThatThrownBy(() -> grid(text))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(expected)
        .hasMessageNotContaining("\n");
  }

  private static void assertRefused(Consumer<GridFile> asked, String text, String expected) {
    assertThatThrownBy(() -> asked.accept(GridFiles.parse(text, "g.conf", null)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(expected);
  }

  @Test
  void readsSearchObjectiveAndBudget() {
    String axes = "axes { estimator.beta = [0.1, 0.2, 0.3] }, set { training.epochs = 9 }, ";
    Grid grid = grid(axes);
    assertThat(GridFiles.parse("", "g", null).rungs(grid).epochs()).containsExactly(9);
    assertThat(GridFiles.parse("search = halving", "g", null).rungs(grid).epochs())
        .containsExactly(3, 9);
    assertThat(GridFiles.parse("search = halving, eta = 2", "g", null).rungs(grid).epochs())
        .containsExactly(2, 4, 9);
    assertThat(GridFiles.parse("", "g", null).objective()).isEqualTo(Objective.VALIDATION_ERROR);
    assertThat(GridFiles.parse("objective = train-error", "g", null).objective())
        .isEqualTo(Objective.TRAIN_ERROR);
    assertThat(GridFiles.parse("", "g", null).budget()).isEqualTo(new Budget(-1, -1));
    assertThat(GridFiles.parse("budget { epochs = 5, minutes = 0.5 }", "g", null).budget())
        .isEqualTo(new Budget(5, 0.5));
    assertRefused(
        file -> file.rungs(grid), "search = best", "search = best: expected full or halving");
    assertRefused(file -> file.rungs(grid), "search = halving, eta = 1", "eta = 1: expected");
    assertRefused(
        GridFile::objective, "objective = test-error", "the test set is never used to choose");
    assertRefused(
        GridFile::budget, "budget { epochs = 0 }", "budget.epochs = 0: expected a number above 0");
    Grid lengths = grid("axes { training.epochs = [3, 9] }");
    assertThat(lengths.epochs()).isEqualTo(9);
    assertRefused(file -> file.rungs(lengths), "search = halving", "training.epochs on an axis");
  }

  @Test
  void usesTheConfigurationsSeedIfNoSeedsAreGiven() {
    assertThat(grid("set { training.seed = 7 }, axes { estimator.beta = [0.1] }").points())
        .extracting(Point::seed)
        .containsExactly(7L);
  }

  @Test
  void skipsDuplicateDrawsAndKeepsTheEndsOfSpacedAxesExactly() {
    Grid grid = grid("random { samples = 50, ranges { training.batch { integer = [1, 2] } } }");
    assertThat(grid.settings()).isEqualTo(2);
    assertThat(grid.repeated()).isEqualTo(48);
    assertThat(
            labels(
                "axes { training.learning-rates = [[0.1, 0.1]], estimator.beta { linspace = [0.1234567, 0.3, 2] } }"))
        .containsExactly(
            "{estimator.beta=0.1234567, training.learning-rates=[0.1,0.1]}",
            "{estimator.beta=0.3, training.learning-rates=[0.1,0.1]}");
  }

  @Test
  void theCompleteFileIsTheSameGridWithoutItsPreset() {
    String text =
        """
        preset = notebook # as it is now
        axes {
          relaxation.free-steps = [9]
          estimator.beta = [0.1, 0.2]
        }
        seeds = [3, 4]
        """;
    String complete = GridFiles.parse(text, "g.conf", "halving").complete(Storage.local());
    assertThat(complete).endsWith("search = \"halving\"\n");
    Grid again =
        GridFile.parse(complete, "grid.conf", Hocon.Source.STORED, null).grid(Storage.local());
    assertThat(again.points()).hasSize(4);
    assertThat(again.keys()).containsExactly("relaxation.free-steps", "estimator.beta");
    for (int i = 0; i < 4; i++) {
      assertThat(again.points().get(i).configuration().toJson())
          .isEqualTo(grid(text).points().get(i).configuration().toJson());
    }
  }

  private static List<String> all(Grid grid) {
    return grid.points().stream()
        .map(point -> grid.label(point) + " " + point.seed() + point.configuration().toJson())
        .toList();
  }

  /** However a grid is written and whatever it refers to, its folder keeps the same grid. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "# my grid\n{\n axes { training.batch = [5, 10] }\n}\n",
        "{ axes { training.batch = [5, 10] } } # so",
        "\r\n# a\r\naxes { estimator.kind = [centered],\r\n  estimator.beta = [0.1, 0.2] }\r\n",
        "axes { training.decay { linspace = [0.5, ${OMP_NUM_THREADS}, 3] } }, set.checkpoint.dir = ${?HOME}",
        "axes { training.batch = [${OMP_NUM_THREADS}, 2] }, seeds = [${OMP_NUM_THREADS}, 9223372036854775807]",
        "axes { training.epochs = [2] }, zip = [{ relaxation.free-steps = [5, 10]\nestimator.beta = [0.1, 0.2] }]",
        "zip = [{ training.batch = [1, 2] }, { checkpoint.dir = [\"a # b\", \"${c}\"] }], objective = train-error",
        "axes { estimator.beta = [0.1] }, budget { epochs = 5, minutes = 0.5 }",
        """
        random { samples = 9, seed = 9223372036854775807, ranges {
          training.decay { log-uniform = [0.5, 1] }
          estimator.beta { uniform = [0.1, 0.4] }
          relaxation.free-steps { integer = [3, 5] }
          estimator.kind { choice = [centered, random-sign] }
        } }
        search = halving, eta = 2
        """,
        "preset = notebook, axes { training.learning-rates = [[0.10, 5e-2]]\n\"averaging\".replicas = [2, 1] }"
      })
  void readsTheCompleteFileBackWithoutTheEnvironment(String text) {
    GridFile file = GridFiles.parse(text, "g.conf", null);
    String complete = file.complete(Storage.local());
    GridFile again = GridFile.parse(complete, "grid.conf", Hocon.Source.STORED, null);
    assertThat(all(again.grid(Storage.local()))).isEqualTo(all(file.grid(Storage.local())));
    assertThat(again.budget()).isEqualTo(file.budget());
    assertThat(again.objective()).isEqualTo(file.objective());
    assertThat(again.asksToHalve()).isEqualTo(file.asksToHalve());
    assertThat(again.complete(Storage.local())).isEqualTo(complete);
  }

  @Test
  void theCompleteFileKeepsTheComments() {
    String text = "# why\npreset = mnist\naxes {\n  # stronger\n  estimator.beta = [0.3]\n}\n";
    assertThat(GridFiles.parse(text, "g.conf", null).complete(Storage.local()))
        .contains("# why\n")
        .contains("# stronger\nestimator.beta = [0.3]\n");
  }

  @Test
  void aStoredGridDoesNotSeeTheEnvironment() {
    assertThatThrownBy(
            () ->
                GridFile.parse(
                    "axes { training.batch = [${OMP_NUM_THREADS}] }",
                    "grid.conf",
                    Hocon.Source.STORED,
                    null))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("a substitution");
    assertThatThrownBy(() -> grid("axes { training.batch = [\"${OMP_NUM_THREADS}\"] }"))
        .isInstanceOf(InputException.class);
  }

  @Test
  void seedsAreExact() {
    assertThat(
            grid("axes { estimator.beta = [0.1] }, seeds = [9223372036854775807, 1e3, \"7\"]")
                .points())
        .extracting(Point::seed)
        .containsExactly(Long.MAX_VALUE, 1000L, 7L);
    for (String seeds :
        List.of("seeds = [1e19]", "seeds = [9223372036854775808]", "set.training.seed = 1e19")) {
      assertThatThrownBy(() -> grid("axes { estimator.beta = [0.1] }, " + seeds))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("expected whole numbers from -2^63 to 2^63 - 1");
    }
    assertThatThrownBy(
            () -> grid("random { samples = 2, ranges { training.batch { integer = [1, 1e19] } } }"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("whole numbers from -2^53 to 2^53");
  }

  @Test
  void makesLocalPathsAbsoluteInThePointsAndInTheCompleteFile() {
    String text =
        "set { data { train-images = x.idx, test-images = \"hdfs:///y\" } }, axes { estimator.beta = [0.1] }";
    String absolute = System.getProperty("user.dir") + "/x.idx";
    assertThat(grid(text).points().get(0).configuration().data().training().name())
        .isEqualTo(absolute);
    assertThat(GridFiles.parse(text, "g.conf", null).complete(Storage.local()))
        .contains("train-images=\"" + absolute + "\"")
        .contains("test-images=\"hdfs:///y\"");
  }

  @Test
  void drawsKeysIndependently() {
    Grid grid =
        grid(
            "random { samples = 9, ranges { training.batch { integer = [1, 99] }, relaxation.free-steps { integer = [1, 99] } } }");
    assertThat(grid.points()).anyMatch(point -> Set.copyOf(point.values().values()).size() == 2);
  }

  @Test
  void aRangeMayBeASingleNumber() {
    assertThat(labels("random { samples = 2, ranges { training.batch { integer = [3, 3] } } }"))
        .containsExactly("{training.batch=3}");
  }
}
