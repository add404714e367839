-- What the practice suite keeps behind its API and its exports: nobody but its vendor queries it. No foreign keys:
-- orphans exist. The times of visits and notes name no zone.

create table orgs (
    org_id bigint primary key,
    org_name text,
    site text,
    parent_id bigint,
    updated_at timestamptz not null default now()
);

create table payers (
    payer_id bigint primary key,
    payer_name text,
    policy_type text,
    coverage text,
    updated_at timestamptz not null default now()
);

create table providers (
    provider_id bigint primary key,
    given text,
    family text,
    email text,
    specialty text,
    credentials text,
    updated_at timestamptz not null default now()
);

create table patients (
    patient_no bigint primary key,
    first_nm text,
    last_nm text,
    email text,
    phone text,
    street text,
    city text,
    state text,
    zip text,
    job_title text,
    registered text,
    owner_email text,
    org_id bigint,
    payer_id bigint,
    payer_name text,
    updated_at timestamptz not null default now()
);

-- numbers that patients had before; there are no rows of patients under them
create table chart_merges (
    merge_id bigint primary key,
    old_no bigint,
    new_no bigint,
    merged text,
    updated_at timestamptz not null default now()
);

create table properties (
    prop_no bigint primary key,
    patient_no bigint,
    label text,
    content text,
    updated_at timestamptz not null default now(),
    unique (patient_no, label)
);

create table cases (
    case_id bigint primary key,
    patient_no bigint,
    org_id bigint,
    title text,
    case_type text,
    status text,
    billed numeric(12, 2),
    handler_email text,
    updated_at timestamptz not null default now()
);

create table appointments (
    appt_id bigint primary key,
    patient_no bigint,
    provider_email text,
    kind text,
    subject text,
    memo text,
    starts timestamp,
    status text,
    updated_at timestamptz not null default now()
);

create table claims (
    claim_id bigint primary key,
    patient_no bigint,
    org_id bigint,
    amount numeric(12, 2),
    status text,
    filed_on text,
    updated_at timestamptz not null default now()
);

create table notes (
    note_id bigint primary key,
    patient_no bigint,
    org_id bigint,
    heading text,
    html text,
    author text,
    written timestamp,
    edited timestamp,
    updated_at timestamptz not null default now()
);

create table documents (
    doc_no bigint primary key,
    patient_no bigint,
    org_id bigint,
    file_name text,
    path text,
    bytes bigint,
    sha256 text,
    stored text,
    updated_at timestamptz not null default now()
);

create table activities (
    activity_id bigint primary key,
    patient_no bigint,
    kind text,
    direction text,
    subject text,
    body text,
    happened timestamp,
    updated_at timestamptz not null default now()
);

create table workflows (
    workflow_id bigint primary key,
    name text,
    definition jsonb,
    updated_at timestamptz not null default now()
);

create index on cases (patient_no);
create index on appointments (patient_no);
create index on claims (patient_no);
create index on notes (patient_no);
create index on documents (patient_no);
create index on activities (patient_no);
