package org.eqprop.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.eqprop.audit.AgreementCurve.Compared;
import org.eqprop.audit.AgreementCurve.Over;
import org.eqprop.audit.AgreementCurve.Phases;
import org.eqprop.audit.AgreementCurve.Reference;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Schedule;
import org.eqprop.learning.EstimatorKind;
import org.eqprop.learning.GradientEstimator;
import org.eqprop.network.Parameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The audit reproduces what theory says about the estimates. */
class GradientAuditTest {
  private static AuditResult audit(Case of, AuditPlan plan, int batches) {
    try (Parameters parameters = of.parameters()) {
      return new GradientAudit(plan, parameters)
          .run("a test", null, of.examples(batches * Case.BATCH), batches, batch -> {});
    }
  }

  private static AuditPlan plan(Case of, Relaxation relaxation, EstimatorKind kind, double beta) {
    return new AuditPlan(
        relaxation,
        new GradientEstimator(kind, beta),
        1,
        of.schedule() == Schedule.EVEN_ODD
            ? of.network().cost().lowestBeta()
            : Double.NEGATIVE_INFINITY,
        List.of(beta / 100, beta / 10, beta),
        List.of(1, 3, relaxation.freeSteps()),
        List.of(1, 2, relaxation.nudgedSteps()));
  }

  private static AgreementCurve.Series series(
      AuditResult result,
      Over over,
      Phases phases,
      Compared compared,
      Reference reference,
      String part) {
    return result.curves(over, phases, reference).stream()
        .filter(curve -> curve.compared() == compared)
        .flatMap(curve -> curve.parts().stream())
        .filter(each -> each.part().equals(part))
        .findFirst()
        .orElseThrow();
  }

  static Stream<Case> cases() {
    return Stream.of("dense", "max and average", "convolutions with a readout")
        .flatMap(name -> Stream.of(Schedule.values()).map(each -> Case.named(name, each)));
  }

  /** Tolerance: a slope of 1 ± 0.1 and 2 ± 0.1 for every layer. */
  @ParameterizedTest
  @MethodSource("cases")
  void oneSidedErrorsAreOfOrderBetaAndCenteredOnesOfOrderBetaSquared(Case of) {
    double beta = of.network().hasReadout() ? 0.3 : 0.05; // nudges differ in strength
    AuditResult result = audit(of, plan(of, of.relaxation(5, 3), EstimatorKind.CENTERED, beta), 1);
    for (int k = 1; k <= of.network().depth(); k++) {
      for (Compared compared : List.of(Compared.ONE_SIDED, Compared.CENTERED)) {
        List<BatchMean> errors =
            series(result, Over.BETA, Phases.CONVERGED, compared, Reference.EXACT, "layer " + k)
                .relativeError();
        assertThat(Math.log10(errors.get(1).value() / errors.get(0).value()))
            .as("%s, layer %d, %s", of, k, compared)
            .isCloseTo(compared == Compared.CENTERED ? 2 : 1, within(0.1));
      }
    }
  }

  /** Tolerance: 1e-6 of the gradient at β = 1e-4, after every number of steps. */
  @ParameterizedTest
  @MethodSource("cases")
  void nudgedPhaseOfAConvergedNetworkIsBackpropagationStepByStep(Case of) {
    AuditResult result = audit(of, plan(of, of.relaxation(5, 8), EstimatorKind.CENTERED, 0.1), 1);
    for (BatchMean error :
        series(
                result,
                Over.NUDGED_STEPS,
                Phases.CONVERGED,
                Compared.CENTERED,
                Reference.TRUNCATED,
                GradientPart.ALL)
            .relativeError()) {
      assertThat(error.value()).as(of.toString()).isLessThan(1e-6);
    }
    List<BatchMean> collected =
        series(
                result,
                Over.NUDGED_STEPS,
                Phases.CONVERGED,
                Compared.TRUNCATED,
                Reference.EXACT,
                GradientPart.ALL)
            .scale();
    assertThat(collected.get(2).value()).isCloseTo(1, within(0.5));
    assertThat(Math.abs(1 - collected.get(2).value()))
        .isLessThan(Math.abs(1 - collected.get(0).value()) + 1e-12);
  }

  /** The curves pass through the run's own point, so no phase reuses the states of another. */
  @ParameterizedTest
  @EnumSource(EstimatorKind.class)
  void allCurvesPassThroughTheRunsOwnSettings(EstimatorKind kind) {
    for (Schedule schedule : Schedule.values()) {
      for (NudgedStart start : NudgedStart.values()) {
        Case of = Case.named("dense", schedule);
        Relaxation relaxation = new Relaxation(schedule, Case.EPSILON, 6, 4, 0, start);
        AuditResult result = audit(of, plan(of, relaxation, kind, 0.3), 2);
        Compared compared = Compared.valueOf(kind.name());
        for (Reference reference : List.of(Reference.EXACT, Reference.UNROLLED)) {
          AgreementCurve.Series own = result.atSettings(reference, "layer 1").orElseThrow();
          for (Over over : List.of(Over.BETA, Over.FREE_STEPS, Over.NUDGED_STEPS)) {
            AgreementCurve.Series curve =
                series(result, over, Phases.RUN, compared, reference, "layer 1");
            assertThat(curve.cosine().get(2).value())
                .as("%s %s %s %s", of, start, reference, over)
                .isCloseTo(own.cosine().get(0).value(), within(1e-12));
            assertThat(curve.relativeError().get(2).value())
                .isCloseTo(own.relativeError().get(0).value(), within(1e-12));
          }
        }
        boolean compares =
            !result.curves(Over.NUDGED_STEPS, Phases.RUN, Reference.TRUNCATED).isEmpty();
        assertThat(compares).isEqualTo(start == NudgedStart.FREE);
      }
    }
  }

  /** With long phases and a small β, the estimate and both references are the same. */
  @Test
  void estimateOfLongPhasesAgreesWithBothReferences() {
    for (Schedule schedule : Schedule.values()) {
      boolean sweeps = schedule == Schedule.EVEN_ODD;
      Case of = Case.named(sweeps ? "max and average" : "dense", schedule);
      int steps = sweeps ? 40 : 150;
      AuditResult result =
          audit(of, plan(of, of.relaxation(steps, steps), EstimatorKind.CENTERED, 1e-4), 2);
      for (Reference reference : List.of(Reference.EXACT, Reference.UNROLLED)) {
        for (String layer : result.layers()) {
          AgreementCurve.Series own = result.atSettings(reference, layer).orElseThrow();
          assertThat(own.relativeError().get(0).value()).isLessThan(1e-6);
          assertThat(own.cosine().get(0).value()).isCloseTo(1, within(1e-9));
          assertThat(own.scale().get(0).value()).isCloseTo(1, within(1e-6));
          assertThat(own.equalSigns().get(0).value()).isGreaterThan(0.97);
          assertThat(own.cosine().get(0).error()).isLessThan(1e-9);
        }
      }
    }
  }

  /** Each batch has its own sign; with a negative one, the estimate is the one-sided one of −β. */
  @Test
  void drawsTheSameRandomSignsAsTraining() {
    Case of = Case.named("dense", Schedule.EVEN_ODD);
    List<Boolean> drawn = new ArrayList<>();
    for (long seed = 1; seed <= 6; seed++) {
      AuditPlan first = plan(of, of.relaxation(6, 4), EstimatorKind.RANDOM_SIGN, 0.3);
      AuditPlan plan =
          new AuditPlan(
              first.relaxation(),
              first.estimator(),
              seed,
              first.lowestBeta(),
              first.betas(),
              first.freeSteps(),
              first.nudgedSteps());
      AuditResult result = audit(of, plan, 1);
      double random = error(result, Compared.RANDOM_SIGN);
      double plus = error(result, Compared.ONE_SIDED);
      assertThat(
              result
                  .atSettings(Reference.EXACT, GradientPart.ALL)
                  .orElseThrow()
                  .relativeError()
                  .get(0))
          .extracting(BatchMean::value)
          .isEqualTo(random);
      drawn.add(random == plus);
    }
    assertThat(drawn).contains(true, false);
  }

  private static double error(AuditResult result, Compared compared) {
    return series(result, Over.BETA, Phases.RUN, compared, Reference.EXACT, GradientPart.ALL)
        .relativeError()
        .get(2)
        .value();
  }

  /** With the squared error, even-odd sweeps have no minimum below β = −½. */
  @Test
  void doesNotNudgeBelowWhatTheScheduleAllows() {
    Case of = Case.named("dense", Schedule.EVEN_ODD);
    AuditPlan plan =
        AuditPlan.of(of.spec(new GradientEstimator(EstimatorKind.CENTERED, 0.4), 5, 4));
    assertThat(plan.betas()).contains(1e-3, 0.4, 1.0).isSorted();
    assertThat(plan.freeSteps()).containsExactly(1, 2, 3, 5, 7, 10);
    assertThat(plan.nudgedSteps()).containsExactly(1, 2, 3, 4, 5, 6, 7);
    AuditResult result = audit(of, plan, 1);
    for (Phases phases : Phases.values()) {
      for (AgreementCurve curve : result.curves(Over.BETA, phases, Reference.EXACT)) {
        double most = curve.at().get(curve.at().size() - 1);
        assertThat(most).isEqualTo(curve.compared() == Compared.ONE_SIDED ? 1 : 0.45);
      }
    }
    assertThat(result.curves(Over.BETA, Phases.RUN, Reference.EXACT)).hasSize(3);
  }

  /** Synchronous steps with ε = 1 oscillate forever if weights are strong. */
  @Test
  void comparesOnlyWithBackpropagationIfThereIsNoEquilibrium() {
    Case of = Case.named("dense", Schedule.SYNCHRONOUS);
    Relaxation relaxation = new Relaxation(Schedule.SYNCHRONOUS, 1, 5, 3, 0, NudgedStart.FREE);
    AuditPlan plan = plan(of, relaxation, EstimatorKind.CENTERED, 0.1);
    try (Parameters parameters = of.parameters()) {
      parameters.weight(2).muli(-6);
      AuditResult result =
          new GradientAudit(plan, parameters)
              .run("a test", null, of.examples(Case.BATCH), 1, batch -> {});
      assertThat(result.atSettings(Reference.EXACT, GradientPart.ALL)).isEmpty();
      assertThat(result.atSettings(Reference.UNROLLED, GradientPart.ALL)).isPresent();
      assertThat(result.notes())
          .singleElement()
          .asString()
          .startsWith("batch 1: no exact gradient: the free phase does not converge: after 5000");
    }
  }

  @Test
  void eachBatchIsAuditedIndependently() {
    Case of = Case.named("dense", Schedule.EVEN_ODD);
    AuditPlan plan = plan(of, of.relaxation(5, 3), EstimatorKind.CENTERED, 0.1);
    try (Parameters parameters = of.parameters()) {
      GradientAudit audit = new GradientAudit(plan, parameters);
      List<Integer> begun = new ArrayList<>();
      AuditResult both = audit.run("a test", "0a", of.examples(2 * Case.BATCH), 2, begun::add);
      assertThat(begun).containsExactly(1, 2);
      double first = cosine(audit.run("a test", null, of.examples(Case.BATCH), 1, b -> {}));
      double second =
          cosine(audit.run("a test", null, of.examples(2 * Case.BATCH).pick(3, 4, 5), 1, b -> {}));
      assertThat(first).isNotEqualTo(second);
      BatchMean measured =
          both.atSettings(Reference.EXACT, "layer 1").orElseThrow().cosine().get(0);
      assertThat(measured.value()).isCloseTo((first + second) / 2, within(1e-14));
      assertThat(measured.error()).isCloseTo(Math.abs(first - second) / 2, within(1e-14));
      assertThat(both.settings().batches()).isEqualTo(2);
      assertThat(both.settings().examples()).isEqualTo(Case.BATCH);
      assertThat(both.weights()).isEqualTo("0a");
    }
  }

  private static double cosine(AuditResult result) {
    return result.atSettings(Reference.EXACT, "layer 1").orElseThrow().cosine().get(0).value();
  }
}
