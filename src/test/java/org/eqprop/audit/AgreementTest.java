package org.eqprop.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.eqprop.network.Network;
import org.junit.jupiter.api.Test;

class AgreementTest {
  private static final GradientPart THREE = new GradientPart("three", 1, 4);

  private static Agreement of(double[] estimate, double[] reference) {
    return Agreement.between(estimate, reference, THREE);
  }

  /** The elements outside the part, 9 and −7, do not count. */
  @Test
  void computesTheNumbersByTheirFormulas() {
    Agreement agreement = of(new double[] {9, 3, -1, 2, 9}, new double[] {-7, 1, -2, -2, -7});
    assertThat(agreement.cosine()).isCloseTo(1 / Math.sqrt(14 * 9), within(1e-15));
    assertThat(agreement.relativeError()).isCloseTo(Math.sqrt(21) / 3, within(1e-15));
    assertThat(agreement.equalSigns()).isEqualTo(2.0 / 3);
    assertThat(agreement.scale()).isCloseTo(1.0 / 9, within(1e-15));
  }

  /** An element of 1e-7 of the largest counts as 0. */
  @Test
  void anElementWithoutGradientHasNoSign() {
    assertThat(of(new double[] {0, 1, 0, 1, 0}, new double[] {0, 5, 5, -5e-7, 0}).equalSigns())
        .isEqualTo(0.5);
    assertThat(of(new double[] {0, 1, 1, 1, 0}, new double[] {0, 5, 5, -1e-5, 0}).equalSigns())
        .isEqualTo(2.0 / 3);
    Agreement agreement = of(new double[] {0, 1, 0, 1, 0}, new double[] {0, 5, 5, 0, 0});
    assertThat(agreement.equalSigns()).isEqualTo(0.5);
  }

  @Test
  void aVectorAgreesWithItselfAndNotWithItsOpposite() {
    double[] gradient = {0, 1e-5, -3, 0.5, 0};
    assertThat(of(gradient, gradient).cosine()).isCloseTo(1, within(1e-15));
    assertThat(of(gradient, gradient).relativeError()).isZero();
    assertThat(of(gradient, gradient).equalSigns()).isOne();
    double[] twice = {0, -2e-5, 6, -1, 0};
    assertThat(of(twice, gradient).cosine()).isCloseTo(-1, within(1e-15));
    assertThat(of(twice, gradient).relativeError()).isCloseTo(3, within(1e-15));
    assertThat(of(twice, gradient).equalSigns()).isZero();
    assertThat(of(twice, gradient).scale()).isCloseTo(-2, within(1e-15));
  }

  @Test
  void isNaNWithoutAGradient() {
    Agreement none = of(new double[] {0, 1, 2, 3, 0}, new double[5]);
    assertThat(List.of(none.cosine(), none.relativeError(), none.equalSigns(), none.scale()))
        .allMatch(value -> value.isNaN());
    Agreement missed = of(new double[5], new double[] {0, 1, 2, 3, 0});
    assertThat(missed.cosine()).isNaN();
    assertThat(missed.relativeError()).isOne();
    assertThat(missed.equalSigns()).isZero();
  }

  @Test
  void averagesOverBatchesWithAStandardError() {
    BatchMean measured = BatchMean.of(List.of(1.0, Double.NaN, 2.0, 6.0));
    assertThat(measured.value()).isEqualTo(3);
    assertThat(measured.error()).isCloseTo(Math.sqrt(7.0 / 3), within(1e-15)); // s² = 14/2
    assertThat(BatchMean.of(List.of(4.0))).isEqualTo(new BatchMean(4.0, null));
    assertThat(BatchMean.of(List.of(Double.NaN))).isEqualTo(new BatchMean(null, null));
    assertThat(BatchMean.of(List.of(Double.NaN)).value()).isNaN();
  }

  /** A sign error in one layer shows in that layer, and in no other. */
  @Test
  void aLayerWithFlippedSignsHasCosineMinusOne() {
    Network network = Network.of(3, 4, 2);
    double[] gradient = new double[network.parameterCount()];
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] = Math.cos(i);
    }
    double[] slip = gradient.clone();
    for (int i = 12; i < 16; i++) {
      slip[i] = -slip[i]; // b_1
    }
    for (int i = 16; i < slip.length; i++) {
      slip[i] = -slip[i]; // W_2 and b_2
    }
    AuditCollector ledger = new AuditCollector(network);
    ledger.add(
        AgreementCurve.Over.SETTINGS,
        AgreementCurve.Phases.RUN,
        AgreementCurve.Compared.CENTERED,
        AgreementCurve.Reference.EXACT,
        1,
        slip,
        gradient);
    List<AgreementCurve.Series> parts = ledger.curves().get(0).parts();
    assertThat(parts)
        .extracting(AgreementCurve.Series::part)
        .containsExactly("all", "layer 1", "layer 2", "W_1", "b_1", "W_2", "b_2");
    assertThat(parts.stream().map(part -> Math.rint(1e9 * part.cosine().get(0).value()) / 1e9))
        .satisfies(
            cosines -> {
              assertThat(cosines.get(2)).isEqualTo(-1);
              assertThat(cosines.get(3)).isEqualTo(1);
              assertThat(cosines.get(4)).isEqualTo(-1);
              assertThat(cosines.get(5)).isEqualTo(-1);
              assertThat(cosines.get(1)).isBetween(0.0, 0.99);
            });
    assertThat(parts.get(2).equalSigns().get(0).value()).isZero();
  }
}
