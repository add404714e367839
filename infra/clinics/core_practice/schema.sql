-- The tables inside Core Practice, which only its own exports read: no foreign keys (orphans exist), dates and amounts
-- as text, and a character set of Windows.

create table practices (
    practice_id text primary key,
    practice_name text,
    group_name text,
    first_address text,
    city text,
    state text,
    postal_code text,
    phone text,
    last_modified timestamptz not null default now()
);

create table doctors (
    doctor_id text primary key,
    first_name text,
    last_name text,
    email text,
    specialization text,
    last_modified timestamptz not null default now()
);

create table patients (
    patient_id bigint primary key,
    first_name text,
    last_name text,
    email text,
    mobile text,
    first_address text,
    patient_city text,
    patient_state text,
    patient_postal_code text,
    patient_country text,
    dob text,
    practice_id text,
    responsible_id bigint,
    registered_at text,
    archived_on date,
    last_modified timestamptz not null default now()
);

-- whose chart became part of whose; the old one is archived
create table chart_merges (
    merge_id bigint primary key,
    merged_patient_id bigint,
    kept_patient_id bigint,
    merged_at text,
    last_modified timestamptz not null default now()
);

create table patient_practices (
    link_id bigint primary key,
    patient_id bigint,
    practice_id text,
    designation text,
    last_modified timestamptz not null default now()
);

create table appointments (
    appointment_id bigint primary key,
    patient_id bigint,
    doctor_id text,
    appointment_type text,
    procedure_codes text,
    starts_at text,
    status text,
    remarks text,
    last_modified timestamptz not null default now()
);

create table treatment_plans (
    plan_id bigint primary key,
    patient_id bigint,
    procedure_name text,
    status text,
    estimated_cost text,
    last_modified timestamptz not null default now()
);

create table invoices (
    invoice_id bigint primary key,
    invoice_number text,
    patient_id bigint,
    invoice_date text,
    total text,
    status text,
    line_items text,
    last_modified timestamptz not null default now()
);

create table billing (
    invoice_id bigint primary key,
    outstanding text,
    last_payment text,
    last_modified timestamptz not null default now()
);

create table insurance_claims (
    claim_id bigint primary key,
    patient_id bigint,
    amount text,
    claim_date text,
    provider_name text,
    service_code text,
    payer text,
    status text,
    last_modified timestamptz not null default now()
);

create table clinical_notes (
    note_id bigint primary key,
    patient_id bigint,
    doctor_id text,
    doctor_name text,
    subject text,
    body text,
    visibility text,
    written_at text,
    edited_at text,
    last_modified timestamptz not null default now()
);

create table documents (
    document_id bigint primary key,
    patient_id bigint,
    file_name text,
    path text,
    size_bytes bigint,
    viewer_url text,
    uploaded_at text,
    last_modified timestamptz not null default now()
);

create table activities (
    activity_id bigint primary key,
    patient_id bigint,
    kind text,
    direction text,
    subject text,
    body text,
    happened_at text,
    last_modified timestamptz not null default now()
);

create table recall_workflows (
    workflow_id bigint primary key,
    title text,
    definition text,
    last_modified timestamptz not null default now()
);
