package org.eqprop.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.eqprop.network.Weights;
import org.eqprop.spark.TrainingState;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests only the search, on points whose errors are known in advance. */
class GridSearchTest {
  private static final Budget UNLIMITED = new Budget(-1, -1);
  private static final Grid GRID =
      GridFiles.parse(
              "set { topology = [4, 3, 2], training.epochs = 9 }, seeds = [1, 2]\n"
                  + "axes { estimator.beta { linspace = [0.05, 0.45, 9] } }",
              "g.conf",
              null)
          .grid(Storage.local());

  @TempDir Path folder;

  private final List<String> told = Collections.synchronizedList(new ArrayList<>());
  private final Map<Integer, Integer> trained = new ConcurrentHashMap<>();

  /** Returns an error that falls with the epochs; setting 8 is best at first, 4 in the end. */
  private static double error(Point point, int epoch) {
    int setting = point.setting();
    double base = 0.1 * Math.abs(setting - 4) + 0.001 * point.seed();
    return epoch < 3 ? 0.9 - 0.01 * setting : base + 0.5 / epoch;
  }

  private TrainedPoint train(Point point, int epochs, TrainedPoint before) {
    TrainedPoint after = before;
    for (int epoch = before.state().epoch() + 1; epoch <= epochs; epoch++) {
      double error = error(point, epoch);
      LearningCurve curve = after.result().curve();
      List<Double> errors = new ArrayList<>(curve.trainErrors());
      errors.add(error);
      Weights parameters = after.state().weights().copy();
      parameters.values()[0] += 1;
      after =
          after.plus(
              new LearningCurve(errors, errors, errors),
              new TrainingState(epoch, parameters, null, Double.NaN));
      trained.merge(point.index(), 1, Integer::sum);
    }
    return after;
  }

  private final GridSearch.Listener listener =
      new GridSearch.Listener() {
        @Override
        public void started(Point point, PointResult before) {}

        @Override
        public void finished(Point point, PointResult result, int rung, boolean earlier) {
          if (earlier) {
            told.add("earlier " + point.index());
          }
        }

        @Override
        public void stopped(Point point, String reason) {
          told.add(reason + " " + point.setting());
        }
      };

  private PointStore ledger() {
    return new PointStore(Storage.local(), folder.toString(), Objective.VALIDATION_ERROR);
  }

  private GridSearch search(Rungs rungs, Budget budget, PointTrainer trainer) {
    return new GridSearch(
        GRID,
        rungs,
        Objective.VALIDATION_ERROR,
        budget,
        trainer,
        ledger(),
        ledger().read(GRID, warning -> {}),
        listener);
  }

  private static PointResult of(Map<Integer, PointResult> results, int point) {
    return Objects.requireNonNull(results.get(point));
  }

  private static Rungs halving() {
    return Rungs.halving(9, 3, 9);
  }

  @Test
  void aFullGridTrainsAllEpochsOfEveryPoint() throws InterruptedException {
    Map<Integer, PointResult> results = search(Rungs.full(9), UNLIMITED, this::train).run(3);
    assertThat(results).hasSize(18);
    assertThat(results.values()).allMatch(result -> result.epochs() == 9);
    assertThat(ledger().read(GRID, warning -> {})).isEqualTo(results);
    assertThat(
            Summary.of(GRID, Objective.VALIDATION_ERROR, results).get(0).points().get(0).setting())
        .isEqualTo(4);
  }

  @Test
  void halvingContinuesTheBestInWhateverOrderTheyFinish() throws InterruptedException {
    Map<Integer, PointResult> results =
        search(
                halving(),
                UNLIMITED,
                (point, epochs, before) -> {
                  try {
                    Thread.sleep((7L * point.index()) % 11);
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                  return train(point, epochs, before);
                })
            .run(5);
    List<Integer> epochs =
        GRID.points().stream().map(p -> of(results, p.index()).epochs()).toList();
    // At epoch 1 the last three settings are best, at epoch 3 the first of these.
    assertThat(epochs).containsExactly(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 9, 9, 3, 3, 3, 3);
    assertThat(trained.values().stream().mapToInt(Integer::intValue).sum())
        .as("points continue and are not trained from scratch")
        .isEqualTo((int) halving().planned(9) * 2);
    assertThat(told).contains("stopped 0", "stopped 5", "stopped 7", "stopped 8").hasSize(16);
    Weights first = TrainedPoint.beginning(GRID.points().get(12)).state().weights();
    assertThat(ledger().read(GRID.points().get(12)).state().weights().values()[0])
        .isEqualTo(first.values()[0] + 9);
  }

  @Test
  void doesNotTrainFinishedPointsAgain() throws InterruptedException {
    Map<Integer, PointResult> halved = search(halving(), UNLIMITED, this::train).run(2);
    trained.clear();
    told.clear();
    assertThat(search(halving(), UNLIMITED, this::train).run(2)).isEqualTo(halved);
    assertThat(trained).isEmpty();
    assertThat(told.stream().filter(line -> line.startsWith("earlier"))).hasSize(18);
    assertThat(search(Rungs.full(9), UNLIMITED, this::train).run(2)).hasSize(18);
    assertThat(trained.values().stream().mapToInt(Integer::intValue).sum())
        .isEqualTo((int) (Rungs.full(9).planned(9) - halving().planned(9)) * 2);
  }

  /** Returns an error that rises between rungs 1 and 2, more for some settings than others. */
  private static double upAndDown(Point point, int epoch) {
    int setting = point.setting();
    return epoch < 3 ? 0.1 + 0.01 * setting : 0.3 + 0.01 * ((5 * setting) % 9);
  }

  private PointTrainer upAndDown(int stopAfter) {
    AtomicInteger begun = new AtomicInteger();
    return (point, epochs, before) -> {
      if (begun.incrementAndGet() > stopAfter) {
        throw new CancellationException();
      }
      TrainedPoint after = before;
      for (int epoch = before.state().epoch() + 1; epoch <= epochs; epoch++) {
        List<Double> errors = new ArrayList<>(after.result().curve().trainErrors());
        errors.add(upAndDown(point, epoch));
        TrainingState state = new TrainingState(epoch, before.state().weights(), null, Double.NaN);
        after = after.plus(new LearningCurve(errors, errors, errors), state);
      }
      return after;
    };
  }

  @Test
  void survivorsDependOnTheRungAndNotOnLaterEpochs() throws InterruptedException {
    Map<Integer, PointResult> whole =
        search(halving(), UNLIMITED, upAndDown(Integer.MAX_VALUE)).run(1);
    assertThat(search(halving(), UNLIMITED, upAndDown(0)).run(1))
        .as("resuming the finished folder")
        .isEqualTo(whole);
    for (Point point : GRID.points()) {
      new java.io.File(ledger().path(point)).delete();
    }
    GridSearch killed = search(halving(), UNLIMITED, upAndDown(20));
    Map<Integer, PointResult> some = killed.run(1);
    assertThat(some).isNotEqualTo(whole);
    assertThat(search(halving(), UNLIMITED, upAndDown(Integer.MAX_VALUE)).run(1)).isEqualTo(whole);
  }

  @Test
  void anyErrorOfAPointIsOnlyThatPointsFailure() throws InterruptedException {
    Map<Integer, PointResult> results =
        search(
                Rungs.full(9),
                UNLIMITED,
                (point, epochs, before) -> {
                  if (point.index() == 0) {
                    throw new IllegalStateException("no luck today");
                  }
                  if (point.index() == 1) {
                    throw new OutOfMemoryError("too large for it");
                  }
                  return train(point, epochs, before);
                })
            .run(2);
    assertThat(of(results, 0).failure()).isEqualTo(new PointResult.Failure("no luck today", false));
    assertThat(of(results, 1).failure())
        .isEqualTo(new PointResult.Failure("too large for it", false));
    assertThat(results.values().stream().filter(r -> r.failure() == null)).hasSize(16);
  }

  @Test
  void aBudgetOfEpochsEndsAtTheSamePointWhenResumed() throws InterruptedException {
    Budget budget = new Budget(30, -1);
    GridSearch first = search(Rungs.full(9), budget, this::train);
    assertThat(first.run(2)).containsOnlyKeys(0, 1, 2);
    assertThat(first.exhausted()).isTrue();
    trained.clear();
    assertThat(search(Rungs.full(9), budget, this::train).run(2)).containsOnlyKeys(0, 1, 2);
    assertThat(trained).isEmpty();
    GridSearch enough = search(Rungs.full(9), new Budget(162, -1), this::train);
    assertThat(enough.run(2)).hasSize(18);
    assertThat(enough.exhausted()).isFalse();
  }

  @Test
  void halvingStopsInTheRungInWhichTheBudgetEnds() throws InterruptedException {
    GridSearch search = search(halving(), new Budget(20, -1), this::train);
    Map<Integer, PointResult> results = search.run(2);
    assertThat(search.exhausted()).isTrue();
    assertThat(results).hasSize(18);
    assertThat(trained.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(20);
    assertThat(results.values().stream().mapToInt(PointResult::epochs).max()).hasValue(3);
  }

  @Test
  void startsNoPointWhenTimeIsUp() throws InterruptedException {
    GridSearch search = search(Rungs.full(9), new Budget(-1, 1e-9), this::train);
    assertThat(search.run(2)).isEmpty();
    assertThat(search.exhausted()).isTrue();
  }

  @Test
  void retriesTransientFailuresButNotLastingOnes() throws InterruptedException {
    PointTrainer failing =
        (point, epochs, before) ->
            point.index() < 2
                ? before.failed(
                    point.index() == 0 ? "epoch 1: collapsed" : "lost", point.index() == 0)
                : train(point, epochs, before);
    Map<Integer, PointResult> results = search(Rungs.full(9), UNLIMITED, failing).run(2);
    assertThat(results).hasSize(18);
    assertThat(of(results, 0).failure())
        .isEqualTo(new PointResult.Failure("epoch 1: collapsed", true));
    assertThat(of(results, 1).failure()).isEqualTo(new PointResult.Failure("lost", false));
    AtomicInteger again = new AtomicInteger();
    Map<Integer, PointResult> resumed =
        search(
                Rungs.full(9),
                UNLIMITED,
                (point, epochs, before) -> {
                  again.incrementAndGet();
                  return train(point, epochs, before);
                })
            .run(2);
    assertThat(again).hasValue(1);
    assertThat(of(resumed, 0).failure()).isEqualTo(of(results, 0).failure());
    assertThat(of(resumed, 1).failure()).isNull();
    assertThat(of(resumed, 1).epochs()).isEqualTo(9);
  }

  @Test
  void halvingDropsFailedSettings() throws InterruptedException {
    Map<Integer, PointResult> results =
        search(
                halving(),
                UNLIMITED,
                (point, epochs, before) ->
                    point.setting() == 8
                        ? before.failed("epoch 1: diverged", true)
                        : train(point, epochs, before))
            .run(2);
    List<Integer> furthest =
        GRID.points().stream()
            .filter(p -> of(results, p.index()).epochs() == 9)
            .map(Point::setting)
            .toList();
    assertThat(furthest).containsExactly(5, 5);
  }

  @Test
  void aCancelledSearchRecordsNothingMore() {
    List<GridSearch> searches = new ArrayList<>();
    searches.add(
        search(
            Rungs.full(9),
            UNLIMITED,
            (point, epochs, before) -> {
              if (point.index() == 5) {
                searches.get(0).cancel();
                return before.failed("its job was cancelled", false);
              }
              return train(point, epochs, before);
            }));
    assertThatThrownBy(() -> searches.get(0).run(1)).isInstanceOf(CancellationException.class);
    assertThat(ledger().read(GRID, warning -> {}).values())
        .hasSizeLessThanOrEqualTo(5)
        .allMatch(result -> result.failure() == null && result.epochs() == 9);
  }

  @Test
  void aPointTakesAsManyCoresAsItHasReplicas() throws InterruptedException {
    Grid grid =
        GridFiles.parse(
                "set { topology = [4, 3, 2], training.epochs = 1 }, seeds = [1, 2, 3, 4]\n"
                    + "axes { averaging.replicas = [1, 2, 9] }",
                "g.conf",
                null)
            .grid(Storage.local());
    AtomicInteger busy = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    PointTrainer trainer =
        (point, epochs, before) -> {
          int replicas = Math.min(3, point.replicas());
          most.accumulateAndGet(busy.addAndGet(replicas), Math::max);
          try {
            Thread.sleep(5);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          busy.addAndGet(-replicas);
          return train(point, epochs, before);
        };
    Map<Integer, PointResult> results =
        new GridSearch(
                grid,
                Rungs.full(1),
                Objective.VALIDATION_ERROR,
                UNLIMITED,
                trainer,
                ledger(),
                Map.of(),
                listener)
            .run(3);
    assertThat(results).hasSize(12);
    assertThat(most.get()).isLessThanOrEqualTo(3);
  }

  @Test
  void onlyALastingFailureSettlesAPoint() {
    PointResult.Failure lost = new PointResult.Failure("lost", false);
    assertThat(new PointResult(0, LearningCurve.EMPTY, 0, lost).settled(1)).isFalse();
    PointResult.Failure collapsed = new PointResult.Failure("epoch 1: collapsed", true);
    assertThat(new PointResult(0, LearningCurve.EMPTY, 0, collapsed).settled(1)).isTrue();
  }
}
