package org.eqprop.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class PredictionTest {
  private static final List<Prediction> TWO =
      List.of(
          new Prediction(4, 1, 0, List.of(0.25, 1.0)),
          new Prediction(9, 0, null, List.of(0.5, 0.0)));

  @Test
  void csv() {
    assertThat(Prediction.csv(TWO))
        .isEqualTo(
            "index,class,true,score_0,score_1\n4,1,0,0.250000,1.000000\n9,0,,0.500000,0.000000\n");
  }

  @Test
  void json() throws IOException {
    var array = new ObjectMapper().readTree(Prediction.json(TWO));
    assertThat(array).hasSize(2);
    assertThat(array.get(0).get("class").asInt()).isEqualTo(1);
    assertThat(array.get(1).get("true").isNull()).isTrue();
    assertThat(array.get(1).get("scores").get(0).asDouble()).isEqualTo(0.5);
  }
}
