/** A finding of an outside judge that we live with. */
interface Accepted {
  readonly id: string
  /** The type and construct id of the resources that it is about. */
  readonly about: RegExp
  readonly reason: string
}

/** Findings that are accepted, each with its reason: all that the judges find else fails the test. */
export const accepted: Readonly<Record<'cfn-lint' | 'checkov', readonly Accepted[]>> = {
  'cfn-lint': [
    {
      id: 'W3005',
      about: /./,
      reason: 'a dependency said twice: the CDK adds DependsOn to what a reference enforces already, and it does no harm',
    },
  ],
  checkov: [
    {
      id: 'CKV_AWS_18',
      about: /^AWS::S3::Bucket\.StoresAccessLogs/,
      reason: 'it holds the access logs of the other buckets; logs of itself would have no end',
    },
    {
      id: 'CKV_AWS_26',
      about: /^AWS::SNS::Topic\.Stores(Alarms|Alerts)Topic/,
      reason: 'messages lie nowhere, and pass by TLS alone; a customer key would have to let CloudWatch in. Alerts hold ids, no features',
    },
    {
      id: 'CKV_AWS_27',
      about: /^AWS::SQS::Queue\.\w+DeadLetters/,
      reason: 'SQS encrypts them with its own key (SqsManagedSseEnabled), which the check does not read',
    },
    {
      id: 'CKV_AWS_28',
      about: /^AWS::DynamoDB::Table\.StoresPredictionsTable/,
      reason:
        'its rows are in the topic for seven days and in the archive: recovery to any second would cost as much again (cdk/README.md)',
    },
    {
      id: 'CKV_AWS_111',
      about: /^AWS::IAM::Policy\./,
      reason: 'network interfaces, whose ids nobody knows before; a Deny keeps the code of functions from them (kafka-grants.ts)',
    },
    {
      id: 'CKV_AWS_115',
      about: /^AWS::Lambda::Function\./,
      reason:
        "reserved concurrency is a choice (concurrency=reserved): a fresh account's quota has no room for it, and the first deployment would fail",
    },
    {
      id: 'CKV_AWS_116',
      about: /^AWS::Lambda::Function\./,
      reason:
        'a dead letter queue is for asynchronous calls: Kafka has the bucket of failures, HTTP its answer, schedules a destination (OnFailure)',
    },
    {
      id: 'CKV_AWS_117',
      about: /^AWS::Lambda::Function\./,
      reason: 'steps that touch no broker need no network: they call AWS by IAM; all are outside with brokerAccess=public',
    },
    {
      id: 'CKV_AWS_119',
      about: /^AWS::DynamoDB::Table\./,
      reason: "encrypted with DynamoDB's own key; a customer key is a policy of whoever deploys",
    },
    {
      id: 'CKV_AWS_158',
      about: /^AWS::Logs::LogGroup\./,
      reason: "encrypted with CloudWatch's own key; logs hold counts and codes, no payloads",
    },
    {
      id: 'CKV_AWS_173',
      about: /^AWS::Lambda::Function\./,
      reason: "encrypted with Lambda's own key; the environment holds names of stores, no secret",
    },
  ],
}
