import type { PluginOptions } from "./options.ts";

interface AlarmOptions {
  /** Stands in front of each alarm's name. */
  name: string;
  api: string;
  worker: string;
  /** The `STAGE` of the functions: the dimension of wakeq's own metrics. */
  stage: string;
}

/** How long a job may be ready before somebody hears of it. */
const OLDEST_READY_SECONDS = 300;

/** Makes the alarms, and the topic for an address. docs/deploy.md says what to do at each. */
export function alarmsOf({ email, topicArn }: NonNullable<PluginOptions["alarms"]>, options: AlarmOptions): object {
  const { name, api, worker, stage } = options;
  const told = [...(email ? [{ Ref: "WakeqAlarmTopic" }] : []), ...(topicArn ? [topicArn] : [])];
  const alarm = (what: string, description: string, more: object) => ({
    Type: "AWS::CloudWatch::Alarm",
    Properties: {
      AlarmName: `${name}-${what}`,
      AlarmDescription: description,
      Namespace: "AWS/Lambda",
      Dimensions: [{ Name: "FunctionName", Value: worker }],
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 5,
      DatapointsToAlarm: 3,
      ComparisonOperator: "GreaterThanThreshold",
      Threshold: 0,
      TreatMissingData: "notBreaching",
      AlarmActions: told,
      OKActions: told,
      ...more,
    },
  });
  const ours = { Namespace: "wakeq", Dimensions: [{ Name: "stage", Value: stage }] };
  const once = { Period: 300, EvaluationPeriods: 1, DatapointsToAlarm: 1 };
  const isSilent = { ...once, ComparisonOperator: "LessThanThreshold", Threshold: 1, TreatMissingData: "breaching" };
  const topic = { Type: "AWS::SNS::Topic", Properties: { Subscription: [{ Protocol: "email", Endpoint: email }] } };
  return {
    ...(email ? { WakeqAlarmTopic: topic } : {}),
    WakeqWorkerErrorsAlarm: alarm(
      "worker-errors",
      "The worker crashed or ran out of time in three of the last five minutes",
      { MetricName: "Errors" },
    ),
    WakeqWorkerThrottledAlarm: alarm(
      "worker-throttled",
      "Lambda refused to start a worker in three of the last five minutes",
      { MetricName: "Throttles" },
    ),
    WakeqWorkerSilentAlarm: alarm(
      "worker-silent",
      "The tick, one a minute, has not started a worker for five minutes",
      { MetricName: "Invocations", ...isSilent },
    ),
    WakeqApiErrorsAlarm: alarm(
      "api-errors",
      "The queue's API crashed or ran out of time in three of the last five minutes",
      { MetricName: "Errors", Dimensions: [{ Name: "FunctionName", Value: api }] },
    ),
    WakeqOldestReadyAlarm: alarm(
      "oldest-ready",
      `A job has been ready for longer than ${OLDEST_READY_SECONDS} s in three of the last five minutes`,
      { ...ours, MetricName: "OldestReady", Statistic: "Maximum", Threshold: OLDEST_READY_SECONDS },
    ),
    WakeqScheduleLateAlarm: alarm("schedule-late", "A slot of a schedule fired more than two minutes after its time", {
      ...ours,
      MetricName: "ScheduleLateMs",
      Statistic: "Maximum",
      DatapointsToAlarm: 1,
      Threshold: 120_000,
    }),
    WakeqDeadLettersAlarm: alarm("dead-letters", "A job failed for good within the last five minutes", {
      ...ours,
      ...once,
      MetricName: "Failed",
    }),
    WakeqNotConfiguredAlarm: alarm(
      "not-configured",
      "The queue's API refused a request because a setting, perhaps a parameter of SSM's, is missing or wrong",
      { ...ours, MetricName: "NotConfigured", DatapointsToAlarm: 1 },
    ),
  };
}
